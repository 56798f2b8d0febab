/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster.pml - join, leave, death, stop and take-over in a cluster of three processes, for spin(1)
 *
 * One process of the model makes one step of one of the three at a time. A step is what the code does
 * under the big lock between two things that others see: a publication of the table, a system call, a
 * message. A process can die or be stopped between any two. docs/clusters.md tells which function each
 * step is.
 *
 * The kernel (net/packet/af_packet.c): a group is an array, one that enters is appended, one that goes
 * leaves its place to the last; a socket goes when the last process that holds it closes it; a packet
 * of bucket b is for the place that the program returns, modulo the number of sockets.
 *
 * After each step (inline packets): each packet comes to the member whose bucket it is by the program
 * that was installed last: to one member, whoever enters, leaves or dies. A member that was told that
 * it serves no more gets none. When nothing can happen any more (inline rest): each bucket has a member
 * that lives, if any lives and serves; nothing is held by the dead; no request is open. As spin also
 * looks for runs without an end and finds none (pan -l), each run comes to that.
 *
 * Not in it: an interface that goes down, fork(), a process that is stopped for more than the 30 s
 * that a new leader waits for it, and a line that is full.
 */
#ifndef N
#define N 3
#endif
#define B N /* buckets */
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

/* Sets of processes, and of slots: process p has slot p. */
#define BIT(p)     (1 << (p))
#define IN(set, p) ((set) >> (p) & 1)
#define ON_THE_WAY N /* of `held`: in a message to the leader that it has not read yet */

/* What a process has asked for, until it is answered. */
#define IDLE    0
#define ATTACH  1 /* JOIN and ATTACH */
#define SERVE   2
#define UNSERVE 3
#define TOLD    4 /* UNSERVE was answered: the ring reads what is left and closes its socket */
#define CLOSED  5 /* CLOSED and LEAVE */
#define QUIT    6 /* answered: the line is closed, or the lead given up */

/* The next step of the leader. */
#define NOTHING 0
#define REPAIR  1
#define TELL    2
#define BEGIN   3
#define ENTER   4
#define NOTE    5
#define INSTALL 6
#define ANSWER  7
#define DROP    8

/* The table, as it was last published: the next leader finds it like that. */
byte place[N], places, owner[B];
byte used, in_group, serving, closed;
byte entering = NOBODY, leaving = NOBODY;

byte leader = NOBODY;            /* who has the lock */
byte at, slot, after;            /* its next step, of which slot, and what follows INSTALL or NOTE */
byte lines;                      /* who has a line to it, and itself */

byte alive = BIT(N) - 1, stopped, inside; /* inside: was let in, and has not quit */
byte serves;                     /* who has been told that he serves */
byte came;                       /* so many have come, in order, as all are alike */
byte wants[N];
byte drop[N];                    /* of each process: the sockets it has been told to close */
byte deaths, stops, leaves;

byte array[N], count;            /* the kernel's group */
byte program[B];
byte meant[B] = NOBODY;          /* who was meant by it: for the checks alone */
byte held[N];                    /* of each socket: the processes that hold it */

hidden byte i, j, k, n;

#define RUNS(p)  (IN(alive, p) && !IN(stopped, p))
#define LEADS    (leader != NOBODY && RUNS(leader))
#define WAITS    (LEADS && at == NOTHING) /* the leader takes one event at a time */

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
	if
	:: count == 0 -> /* the group ends, and its program with it */
		i = 0;
		do
		:: i < B -> meant[i] = NOBODY; program[i] = 0; i++
		:: else -> break
		od
	:: else
	fi
}

/* Those in `who` close their descriptors of a socket. */
inline let_go(who, s)
{
	if
	:: held[s] & (who) ->
		held[s] = held[s] & ~(who);
		if
		:: held[s] == 0 -> kernel_leave(s)
		:: else
		fi
	:: else
	fi
}

inline let_all_go(who)
{
	k = 0;
	do
	:: k < N -> let_go(who, k); k++
	:: else -> break
	od
}

/* ---- the leader's table ---- */

/* n = the place of a slot, or NOBODY */
inline place_of(s)
{
	n = 0;
	do
	:: n < places && place[n] != s -> n++
	:: else -> break
	od;
	n = (n < places -> n : NOBODY)
}

inline drop_place(s)
{
	place_of(s);
	if
	:: n != NOBODY ->
		places--;
		place[n] = place[places];
		place[places] = 0;
		in_group = in_group & ~BIT(s);
		used = used & ~(closed & BIT(s));
		closed = closed & ~BIT(s);
		leaving = (leaving == s -> NOBODY : leaving)
	:: else
	fi
}

/* torc_balance(), as far as it matters here: all buckets go round those who serve. */
inline balance()
{
	j = 0; k = 0;
	do
	:: j < B ->
		i = 0;
		do
		:: i < N && !IN(serving & in_group, k) -> k = (k + 1) % N; i++
		:: else -> break
		od;
		owner[j] = (i < N -> k : NOBODY);
		k = (k + 1) % N;
		j++
	:: else -> break
	od
}

/* torc_places_fill(), and the exchange of the program, which is at once. */
inline install()
{
	j = 0;
	do
	:: j < B ->
		program[j] = 0;
		if
		:: owner[j] != NOBODY && leaving == NOBODY -> place_of(owner[j]); program[j] = n
		:: owner[j] != NOBODY && leaving != NOBODY ->
			place_of(leaving); i = n;    /* where the last one goes */
			place_of(owner[j]);
			k = places - 1;              /* so many are left then */
			i = (n == k -> i : n);
			program[j] = (BREAK == 1 || k < 2 -> n : n + places * ((i + k - n % k) % k))
		:: else
		fi;
		meant[j] = owner[j];
		j++
	:: else -> break
	od
}

inline tell_drop(s)
{
	k = 0;
	do
	:: k < N ->
		drop[k] = (k != leader && IN(lines, k) -> drop[k] | BIT(s) : drop[k]);
		k++
	:: else -> break
	od;
	let_go(BIT(leader), s)
}

/* ---- what must hold ---- */

/* One whose socket went with its only holder gets nothing: until the next program others do. */
#define ASTRAY(b) (meant[b] != NOBODY && held[meant[b]] != 0 && \
		   array[program[b] % count] != meant[b])

inline packets()
{
	assert(!ASTRAY(0) && !ASTRAY(1) && !ASTRAY(2) && !ASTRAY(N - 1))
}

#define SERVED(b) (count > 0 && meant[b] != NOBODY && IN(alive & serves, meant[b]))
#define LETGO(q)  (IN(alive, q) || held[q] == 0)

inline rest()
{
	assert(!(alive & serves) || (SERVED(0) && SERVED(1) && SERVED(2) && SERVED(N - 1)));
	assert(LETGO(0) && LETGO(1) && LETGO(2) && LETGO(N - 1));
	assert(!wants[0] && !wants[1] && !wants[2] && !wants[N - 1]);
	assert(leader == NOBODY || leaving == NOBODY && entering == NOBODY)
}

/* ---- the steps of the leader ---- */

/* Both are published at once. */
inline share(s, wanted, next)
{
	serving = (wanted -> serving | BIT(s) : serving & ~BIT(s));
	balance();
	slot = s; after = next; at = INSTALL
}

inline step()
{
	if
	:: at == REPAIR -> /* what the kernel has not got any more; an entry that was begun */
		k = 0;
		do
		:: k < N ->
			if
			:: IN(in_group, k) && held[k] == 0 -> drop_place(k)
			:: else
			fi;
			k++
		:: else -> break
		od;
		balance();
		if
		:: entering != NOBODY && IN(held[entering], leader) && BREAK != 2 ->
			slot = entering; at = ENTER; after = INSTALL
		:: else -> entering = NOBODY; at = INSTALL
		fi
	:: at == TELL -> /* to all, and our own: it outlives its process */
		let_go(BIT(ON_THE_WAY), slot);
		held[slot] = held[slot] | (lines & alive);
		at = BEGIN
	:: at == BEGIN -> entering = slot; at = ENTER
	:: at == ENTER -> /* PACKET_FANOUT; -EALREADY is good */
		i = 0;
		do
		:: i < count && array[i] != slot -> i++
		:: else -> break
		od;
		if
		:: i == count -> array[count] = slot; count++
		:: else
		fi;
		at = NOTE
	:: at == NOTE ->
		place[places] = slot; places++;
		in_group = in_group | BIT(slot);
		entering = NOBODY;
		at = after; after = NOTHING
	:: at == INSTALL -> install(); at = after; after = NOTHING
	:: at == ANSWER ->
		if
		:: wants[slot] == ATTACH -> wants[slot] = SERVE
		:: wants[slot] == SERVE -> wants[slot] = IDLE; serves = serves | BIT(slot)
		:: wants[slot] == UNSERVE -> wants[slot] = TOLD; serves = serves & ~BIT(slot)
		:: else
		fi;
		if
		:: !IN(alive, slot) -> forget(slot)
		:: else
		fi;
		at = after; after = NOTHING
	:: at == DROP -> tell_drop(slot); at = NOTHING
	fi;
	slot = (at == NOTHING -> 0 : slot)
}

/* The leader reads the end of a line. */
inline forget(q)
{
	wants[q] = IDLE; serves = serves & ~BIT(q); lines = lines & ~BIT(q)
}

/* ---- what the leader does when it has nothing to do ---- */

#define ENDED(q)    (!IN(alive & inside, q))
#define GONE(q)     (IN(used & ~closed, q) && ENDED(q) && wants[q] == IDLE)
#define ASKS(q, w)  (wants[q] == w && IN(lines, q) && (w == ATTACH || RUNS(q)))
/* or half a second is over, and who has not come is stopped */
#define ALL_BACK   (!(alive & inside & ~stopped & ~lines))
#define UNTOLD(q, p) (IN(held[q] & lines & alive, p) && !IN(drop[p], q))
#define MAY_GO(q)   (IN(closed & in_group, q) && (leaving == NOBODY || leaving == q))
#define TO_GO(q)    (MAY_GO(q) && held[q] != 0 && \
		     (leaving == NOBODY || UNTOLD(q, 0) || UNTOLD(q, 1) || UNTOLD(q, 2) || UNTOLD(q, N - 1)))
#define IS_GONE(q)  (MAY_GO(q) && held[q] == 0)

#define LEADER(q) \
	:: d_step { WAITS && GONE(q) -> \
		closed = closed | BIT(q); \
		if \
		:: !IN(in_group, q) -> \
			used = used & ~BIT(q); closed = closed & ~BIT(q); \
			entering = (entering == q -> NOBODY : entering); \
			tell_drop(q) \
		:: else \
		fi; \
		share(q, BREAK == 6, NOTHING); packets() } \
	:: d_step { WAITS && TO_GO(q) -> \
		leaving = q; slot = q; after = (BREAK == 4 -> NOTHING : DROP); at = INSTALL; \
		if \
		:: BREAK == 4 -> drop_place(q) \
		:: else \
		fi; \
		packets() } \
	:: d_step { WAITS && IS_GONE(q) -> drop_place(q); at = INSTALL; packets() } \
	:: d_step { WAITS && ASKS(q, ATTACH) && leaving == NOBODY && (ALL_BACK || BREAK == 7) -> \
		used = used | BIT(q); slot = q; \
		at = (IN(in_group, q) -> ANSWER : TELL); \
		after = (IN(in_group, q) -> NOTHING : ANSWER); \
		if \
		:: IN(in_group, q) -> let_go(BIT(ON_THE_WAY), q) \
		:: else \
		fi } \
	:: d_step { WAITS && ASKS(q, ATTACH) && !IN(alive, q) -> \
		let_go(BIT(ON_THE_WAY), q); forget(q); packets() } \
	:: d_step { WAITS && ASKS(q, SERVE) -> share(q, true, ANSWER) } \
	:: d_step { WAITS && ASKS(q, UNSERVE) -> \
		share(q, false, ANSWER); \
		if \
		:: BREAK == 3 -> at = ANSWER; after = INSTALL \
		:: else \
		fi } \
	:: d_step { WAITS && ASKS(q, CLOSED) -> closed = closed | BIT(q); wants[q] = QUIT } \
	:: d_step { WAITS && RUNS(q) && IN(inside & ~lines, q) && drop[q] == 0 -> \
		drop_unused(q); /* and what is ours, in case the leader has not got it */ \
		get_line(q); \
		held[q] = (IN(used & in_group, q) && IN(held[q], q) -> held[q] | (lines & alive) : \
			   held[q]); \
		packets() }

/* ---- what a process does ---- */

/* HELLO and WELCOME: the sockets that the leader has; a request is asked again. */
inline get_line(p)
{
	lines = lines | BIT(p);
	k = 0;
	do
	:: k < N ->
		held[k] = (IN(held[k], leader) && (k != leader || IN(in_group, k)) ->
			   held[k] | BIT(p) : held[k]);
		k++
	:: else -> break
	od;
	held[p] = (wants[p] == ATTACH -> held[p] | BIT(ON_THE_WAY) : held[p])
}

/* What was told while there was no line to hear that it is over. */
inline drop_unused(p)
{
	j = 0;
	do
	:: j < N ->
		if
		:: BREAK != 5 && j != p && !IN(used, j) -> let_go(BIT(p), j)
		:: else
		fi;
		j++
	:: else -> break
	od
}

/* What is on its lines goes with the leader. */
inline no_leader()
{
	leader = NOBODY; at = NOTHING; slot = 0; after = NOTHING; lines = 0;
	let_all_go(BIT(ON_THE_WAY));
	k = 0;
	do
	:: k < N -> wants[k] = (IN(alive, k) -> wants[k] : IDLE); k++
	:: else -> break
	od
}

inline found()
{
	i = 0;
	do
	:: i < N -> place[i] = 0; owner[i] = NOBODY; i++
	:: else -> break
	od;
	places = 0; used = 0; in_group = 0; serving = 0; closed = 0;
	entering = NOBODY; leaving = NOBODY
}

#define PROCESS(p) \
	:: d_step { RUNS(p) && came == p && (WAITS || leader == NOBODY && !(alive & inside)) -> \
		came++; \
		inside = inside | BIT(p); \
		wants[p] = ATTACH; \
		held[p] = BIT(p); \
		if \
		:: leader == NOBODY -> leader = p; found() \
		:: else \
		fi; \
		get_line(p); packets() } \
	:: d_step { RUNS(p) && IN(inside, p) && leader == NOBODY && drop[p] == 0 && \
		    wants[p] != QUIT -> \
		leader = p; at = REPAIR; get_line(p); drop_unused(p); packets() } \
	:: d_step { RUNS(p) && drop[p] != 0 -> \
		j = 0; \
		do \
		:: j < N -> \
			if \
			:: IN(drop[p], j) -> let_go(BIT(p), j) \
			:: else \
			fi; \
			j++ \
		:: else -> break \
		od; \
		drop[p] = 0; packets() } \
	:: d_step { RUNS(p) && IN(serves, p) && wants[p] == IDLE && leaves < LEAVES -> \
		leaves++; wants[p] = UNSERVE } \
	:: d_step { RUNS(p) && wants[p] == TOLD -> \
		assert(meant[0] != p && meant[1] != p && meant[2] != p && meant[N - 1] != p); \
		wants[p] = CLOSED } \
	:: d_step { RUNS(p) && wants[p] == QUIT && (leader != p || at == NOTHING) -> \
		end(p) }

inline end(p)
{
	inside = inside & ~BIT(p); wants[p] = IDLE; drop[p] = 0; lines = lines & ~BIT(p);
	if
	:: leader == p -> no_leader()
	:: else
	fi;
	let_all_go(BIT(p));
	packets()
}

/* ---- what happens to a process ---- */

#define FATE(p) \
	:: d_step { deaths < DEATHS && IN(alive & inside, p) -> \
		deaths++; \
		alive = alive & ~BIT(p); stopped = stopped & ~BIT(p); serves = serves & ~BIT(p); \
		drop[p] = 0; \
		if \
		:: leader == p -> no_leader() \
		:: leader != p && !(wants[p] == ATTACH && IN(lines, p)) -> forget(p) \
		:: else /* the leader has not read yet what it asked last */ \
		fi; \
		let_all_go(BIT(p)); packets() } \
	:: d_step { stops < STOPS && IN(alive & inside & ~stopped, p) -> \
		stops++; stopped = stopped | BIT(p) } \
	:: d_step { IN(stopped, p) -> stopped = stopped & ~BIT(p) }

active proctype cluster()
{
	do
	:: d_step { LEADS && at != NOTHING -> step(); packets() }
	LEADER(0)
	LEADER(1)
	LEADER(2)
#if N > 3
	LEADER(3)
#endif
	PROCESS(0)
	PROCESS(1)
	PROCESS(2)
#if N > 3
	PROCESS(3)
#endif
	FATE(0)
	FATE(1)
	FATE(2)
#if N > 3
	FATE(3)
#endif
	:: d_step { deaths < DEATHS || stops < STOPS || leaves < LEAVES -> /* from here on all is well */
		deaths = DEATHS; stops = STOPS; leaves = LEAVES }
	:: timeout -> rest(); break
	od
}
