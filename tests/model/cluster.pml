/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster.pml - join, leave, death, stop and take-over in a cluster of three processes, for spin(1)
 *
 * The steps are those of src/cluster, between which a process can die or be stopped:
 *
 *	attach, serve, leave     requests.c: tell everybody the socket, note the slot that enters, enter
 *	                         the kernel's group, note the place; share out; install the program
 *	gone, collect            collect.c: the share goes to others, then the place: note who leaves,
 *	                         install what is right with it and without it, have every duplicate
 *	                         closed, see it gone, note it, install again
 *	succeed                  leader.c, group.c: from the table as it was last published
 *
 * The kernel (net/packet/af_packet.c): a group is an array, one that enters is appended, one that goes
 * leaves its place to the last; a socket goes when the last process that holds it closes it; a packet
 * of bucket b is for the place that the program returns, modulo the number of sockets.
 *
 * Always (the checks in `packets`): each packet comes to the member whose bucket it is by the program
 * that was installed last: to one member, whoever enters, leaves or dies, at any moment. A member that
 * was told that it has left gets none. When all has come to rest (the checks in `rest`), each bucket
 * has a member that lives, if any lives and serves, and nothing is held by the dead.
 */
#define N      3
#define B      2
#define NOBODY 15

/* How many of each: see tests/model.sh */
#ifndef DEATHS
#define DEATHS 1
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef LEAVES
#define LEAVES 1
#endif
#ifndef BREAK /* something is wrong on purpose, to see that it is found */
#define BREAK 0
#endif

#define IDLE  0
#define JOIN  1 /* also ATTACH and SERVE */
#define LEAVE 2 /* SERVE no more, CLOSED, LEAVE */

typedef table {
	byte place[N];
	byte places;
	byte owner[B];
	bool used[N];
	bool in_group[N];
	bool serving[N];
	bool closed[N];
	byte entering;
	byte leaving
};

table work;   /* published after each step that changes it: the next leader finds it like that */

byte array[N]; /* the kernel's group */
byte count;
byte program[B];
byte meant[B]; /* who was meant by it: for the checks alone */
byte held[N];  /* of each socket: the processes that hold it, a bit each */

byte leader = NOBODY; /* who has the lock */
bool alive[N];
bool stopped[N];
bool inside[N];   /* has a line or leads: was let in */
bool member[N];   /* by what it has been told: has a share */
byte wants[N];    /* its request; asked again until it is answered */
byte drop[N];     /* of each process: the sockets it has been told to close, a bit each */
bool quits[N];    /* its last member has left: it closes its line, or the lead */
bool came[N];
byte deaths, stops, leaves;

#define BIT(p)   (1 << (p))
#define RUNS(p)  (alive[p] && !stopped[p])
#define LEADS(p) (RUNS(p) && leader == p)

/* ---- the kernel ---- */

inline kernel_leave(s)
{
	i = 0;
	do
	:: i < count && array[i] != s -> i++
	:: else -> break
	od;
	if
	:: i < count -> count--; array[i] = array[count]; array[count] = 0
	:: else
	fi;
	i = 0;
	do /* the group ends, and its program with it */
	:: count == 0 && i < B -> meant[i] = NOBODY; program[i] = 0; i++
	:: else -> break
	od;
	i = 0
}

inline let_go(p, s)
{
	if
	:: held[s] & BIT(p) ->
		held[s] = held[s] & ~BIT(p);
		if
		:: held[s] == 0 -> kernel_leave(s)
		:: else
		fi
	:: else
	fi
}

inline let_all_go(p)
{
	k = 0;
	do
	:: k < N -> let_go(p, k); k++
	:: else -> break
	od;
	k = 0
}

/* ---- the leader's table ---- */

inline place_of(s, result)
{
	i = 0;
	do
	:: i < work.places && work.place[i] != s -> i++
	:: else -> break
	od;
	result = (i < work.places -> i : NOBODY);
	i = 0
}

inline drop_place(s)
{
	place_of(s, at);
	if
	:: at != NOBODY ->
		work.places--;
		work.place[at] = work.place[work.places];
		work.place[work.places] = 0;
		work.in_group[s] = false;
		if
		:: work.closed[s] -> work.used[s] = false; work.closed[s] = false
		:: else
		fi;
		if
		:: work.leaving == s -> work.leaving = NOBODY
		:: else
		fi
	:: else
	fi;
	at = 0
}

/* torc_balance(), as far as it matters here: who serves keeps what he has, the rest is dealt out. */
inline balance()
{
	j = 0; k = 0;
	do
	:: j < B ->
		if
		:: work.owner[j] != NOBODY && !work.serving[work.owner[j]] -> work.owner[j] = NOBODY
		:: else
		fi;
		i = 0;
		do
		:: i < N && !work.serving[k] -> k = (k + 1) % N; i++
		:: else -> break
		od;
		if
		:: work.serving[k] && work.in_group[k] -> work.owner[j] = k; k = (k + 1) % N
		:: else
		fi;
		j++
	:: else -> break
	od;
	i = 0; j = 0; k = 0
}

/* torc_places_fill() and the exchange of the program, which is at once. */
inline install()
{
	j = 0;
	do
	:: j < B ->
		if
		:: work.owner[j] == NOBODY -> program[j] = 0
		:: else ->
			place_of(work.owner[j], at);
			then = at;
			if
			:: work.leaving != NOBODY && at == work.places - 1 ->
				place_of(work.leaving, then)
			:: else
			fi;
			k = work.places - 1;
			if
			:: BREAK == 1 || work.leaving == NOBODY || k < 2 -> program[j] = at
			:: else -> program[j] = at + work.places * ((then + k - at % k) % k)
			fi
		fi;
		meant[j] = work.owner[j];
		j++
	:: else -> break
	od;
	i = 0; j = 0; k = 0; at = 0; then = 0
}

/* ---- what the leader does, in steps between which it can die ---- */

#define STEP(p) d_step { LEADS(p) ->

inline enter(p, s)
{
	STEP(p) /* SOCKET to all, and the note */
		k = 0;
		do
		:: k < N ->
			if
			:: alive[k] && inside[k] -> held[s] = held[s] | BIT(k)
			:: else
			fi;
			k++
		:: else -> break
		od;
		k = 0;
		work.entering = s };
	STEP(p) /* PACKET_FANOUT; -EALREADY is good */
		i = 0;
		do
		:: i < count && array[i] != s -> i++
		:: else -> break
		od;
		if
		:: i == count && held[s] != 0 -> array[count] = s; count++
		:: else
		fi;
		i = 0 };
	STEP(p)
		work.place[work.places] = s; work.places++;
		work.in_group[s] = true; work.entering = NOBODY }
}

inline update(p)
{
	STEP(p) balance() };
	STEP(p) install() }
}

/* DROP to all, and our own. */
inline tell_drop(p, s)
{
	k = 0;
	do
	:: k < N ->
		if
		:: k != p && inside[k] -> drop[k] = drop[k] | BIT(s)
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0;
	let_go(p, s)
}

/* collect.c: give_up_slot() */
inline give_up(p, s)
{
	STEP(p) work.leaving = s };
	STEP(p) install() };
	STEP(p) tell_drop(p, s) }
}

/* It is gone: note it, and say so in the program. */
inline gave_up(p, s)
{
	STEP(p) drop_place(s) };
	STEP(p) install() }
}

inline succeed(p)
{
	atomic {
		RUNS(p) && inside[p] && !quits[p] && leader == NOBODY ->
		leader = p
	};
	/* group.c: torc_group_repair(): what the kernel has not got any more */
	STEP(p)
		k = 0;
		do
		:: k < N ->
			if
			:: work.in_group[k] && held[k] == 0 -> drop_place(k)
			:: else
			fi;
			k++
		:: else -> break
		od;
		k = 0 };
	if
	:: LEADS(p) && BREAK != 2 && work.entering != NOBODY && (held[work.entering] & BIT(p)) ->
		enter(p, work.entering)
	:: LEADS(p) && work.entering != NOBODY &&
	   (BREAK == 2 || !(held[work.entering] & BIT(p))) ->
		work.entering = NOBODY
	:: LEADS(p) && work.entering == NOBODY
	fi;
	update(p)
}

/* A process has ended, or closed its line: its share first. */
inline gone(p, q)
{
	STEP(p)
		work.serving[q] = false; work.closed[q] = true;
		if
		:: !work.in_group[q] ->
			work.used[q] = false; work.closed[q] = false;
			if
			:: work.entering == q -> work.entering = NOBODY
			:: else
			fi;
			tell_drop(p, q)
		:: else
		fi;
		balance() };
	STEP(p) install() }
}

inline answer_join(p, q)
{
	STEP(p) work.used[q] = true; work.closed[q] = false };
	if
	:: LEADS(p) && !work.in_group[q] -> enter(p, q)
	:: LEADS(p) && work.in_group[q]
	fi;
	STEP(p) work.serving[q] = true; balance() };
	STEP(p) install() };
	STEP(p)
		if
		:: alive[q] && inside[q] && wants[q] == JOIN -> wants[q] = IDLE; member[q] = true
		:: else
		fi }
}

inline answer_leave(p, q)
{
	STEP(p) work.serving[q] = false; balance() };
	STEP(p) install() };
	STEP(p)
		if
		:: alive[q] && wants[q] == LEAVE -> wants[q] = IDLE; member[q] = false
		:: else
		fi;
		work.closed[q] = true }
}

/* ---- a process: its watcher thread, which leads when it has the lock ---- */

#define ENDED(q)   (!alive[q] || !inside[q])
#define TO_GO(q)   (work.used[q] && ENDED(q) && !work.closed[q])
#define UNTOLD(q, k) ((held[q] & BIT(k)) && inside[k] && !(drop[k] & BIT(q)))
#define TO_DROP(q) (work.closed[q] && work.in_group[q] && (work.leaving == NOBODY || \
		    work.leaving == q && (UNTOLD(q, 0) || UNTOLD(q, 1) || UNTOLD(q, 2))))
#define DROPPED(q) (work.leaving == q && held[q] == 0)
#define ASKS(q)    (wants[q] != IDLE && alive[q] && inside[q])
#define ENTERS(q)  (work.leaving == NOBODY && !(work.in_group[q] && work.closed[q]))

proctype watcher(byte p)
{
	byte i, j, k, at, then;

	{
	do
	:: atomic {
		RUNS(p) && quits[p] ->
		inside[p] = false; quits[p] = false;
		let_all_go(p);
		drop[p] = 0;
		leader = (leader == p -> NOBODY : leader)
	   }
	:: succeed(p)
	:: RUNS(p) && drop[p] != 0 ->
		atomic {
			RUNS(p) -> j = 0;
			do
			:: j < N ->
				if
				:: drop[p] & BIT(j) -> let_go(p, j)
				:: else
				fi;
				j++
			:: else -> break
			od;
			j = 0; i = 0;
			drop[p] = 0
		}
	:: LEADS(p) && TO_GO(0) -> gone(p, 0)
	:: LEADS(p) && TO_GO(1) -> gone(p, 1)
	:: LEADS(p) && TO_GO(2) -> gone(p, 2)
	:: LEADS(p) && TO_DROP(0) -> give_up(p, 0)
	:: LEADS(p) && TO_DROP(1) -> give_up(p, 1)
	:: LEADS(p) && TO_DROP(2) -> give_up(p, 2)
	:: LEADS(p) && DROPPED(0) -> gave_up(p, 0)
	:: LEADS(p) && DROPPED(1) -> gave_up(p, 1)
	:: LEADS(p) && DROPPED(2) -> gave_up(p, 2)
	:: LEADS(p) && ASKS(0) && wants[0] == JOIN && ENTERS(0) -> answer_join(p, 0)
	:: LEADS(p) && ASKS(1) && wants[1] == JOIN && ENTERS(1) -> answer_join(p, 1)
	:: LEADS(p) && ASKS(2) && wants[2] == JOIN && ENTERS(2) -> answer_join(p, 2)
	:: LEADS(p) && ASKS(0) && wants[0] == LEAVE -> answer_leave(p, 0)
	:: LEADS(p) && ASKS(1) && wants[1] == LEAVE -> answer_leave(p, 1)
	:: LEADS(p) && ASKS(2) && wants[2] == LEAVE -> answer_leave(p, 2)
	od
	} unless { !alive[p] }
}

/* ---- a ring of that process: it joins, and may leave ---- */

proctype ring(byte p)
{
	byte i, k;

	{
	atomic { /* the door, or a new cluster where nobody is; in this order, as all are alike */
		RUNS(p) && (p == 0 || came[p - 1]) && (leader != NOBODY -> RUNS(leader) && !quits[leader]
					      : !inside[0] && !inside[1] && !inside[2]) ->
		if
		:: leader == NOBODY ->
			leader = p; /* of an empty table */
			i = 0;
			do
			:: i < N ->
				work.place[i] = 0; work.used[i] = false; work.in_group[i] = false;
				work.serving[i] = false; work.closed[i] = false; i++
			:: else -> break
			od;
			i = 0;
			do
			:: i < B -> work.owner[i] = NOBODY; i++
			:: else -> break
			od;
			i = 0;
			work.places = 0; work.entering = NOBODY; work.leaving = NOBODY
		:: else ->
			do /* WELCOME, and the sockets that there are */
			:: k < N ->
				if
				:: (work.in_group[k] || work.entering == k) && (held[k] & BIT(leader)) ->
					held[k] = held[k] | BIT(p)
				:: else
				fi;
				k++
			:: else -> break
			od;
			k = 0
		fi;
		came[p] = true;
		inside[p] = true
	};
	atomic { RUNS(p) -> held[p] = held[p] | BIT(p); wants[p] = JOIN };
	atomic { RUNS(p) && wants[p] == IDLE -> assert(member[p]) };
	if
	:: RUNS(p) -> goto stays
	:: atomic { RUNS(p) && leaves < LEAVES -> leaves++; wants[p] = LEAVE }
	fi;
	atomic {
		RUNS(p) && wants[p] == IDLE ->
		do
		:: i < B -> assert(meant[i] != p); i++
		:: else -> break
		od;
		i = 0;
		quits[p] = true
	};
stays:	skip
	} unless { !alive[p] }
}

/* ---- what happens to processes ---- */

active proctype fate()
{
	byte i, k, p;

	do
	:: atomic {
		deaths < DEATHS ->
		if
		:: alive[0] && inside[0] -> p = 0
		:: alive[1] && inside[1] -> p = 1
		:: alive[2] && inside[2] -> p = 2
		fi;
		deaths++;
		alive[p] = false; stopped[p] = false; member[p] = false; wants[p] = IDLE;
		quits[p] = false; inside[p] = false; drop[p] = 0;
		let_all_go(p);
		leader = (leader == p -> NOBODY : leader);
		p = 0
	   }
	:: atomic {
		stops < STOPS ->
		if
		:: inside[0] && !stopped[0] -> stopped[0] = true
		:: inside[1] && !stopped[1] -> stopped[1] = true
		:: inside[2] && !stopped[2] -> stopped[2] = true
		fi;
		stops++
	   }
	:: stopped[0] -> stopped[0] = false
	:: stopped[1] -> stopped[1] = false
	:: stopped[2] -> stopped[2] = false
	od
}

/* ---- what must hold ---- */

#define FOR(b)     (array[program[b] % count])
#define ASTRAY(b)  (meant[b] != NOBODY && count > 0 && FOR(b) != meant[b])
#define SERVED(b)  (count > 0 && meant[b] != NOBODY && alive[meant[b]] && member[meant[b]] && \
		    FOR(b) == meant[b])
#define ANY        (member[0] && alive[0] || member[1] && alive[1] || member[2] && alive[2])
#define LETGO(q)   (alive[q] || held[q] == 0)

active proctype packets()
{
	atomic { ASTRAY(0) || ASTRAY(1) -> assert(false) }
}

/* Nothing more will happen. */
active proctype rest()
{
	atomic {
		timeout ->
		assert(!ANY || (SERVED(0) && SERVED(1)));
		assert(LETGO(0) && LETGO(1) && LETGO(2));
		assert(!(alive[0] && wants[0]) && !(alive[1] && wants[1]) && !(alive[2] && wants[2]));
		assert(leader == NOBODY || work.leaving == NOBODY && work.entering == NOBODY)
	}
}

init
{
	byte i;

	atomic {
		do
		:: i < N -> alive[i] = true; i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < B -> meant[i] = NOBODY; work.owner[i] = NOBODY; i++
		:: else -> break
		od;
		work.entering = NOBODY; work.leaving = NOBODY;
		i = 0;
		do
		:: i < N -> run watcher(i); run ring(i); i++
		:: else -> break
		od
	}
}
