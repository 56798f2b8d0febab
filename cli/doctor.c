/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * doctor.c - torc doctor: what keeps this machine from capturing well, and the command that mends it
 *
 * It looks and changes nothing. Each finding is good, a word of warning, or what makes a capture
 * impossible; what cannot be known here is not told.
 */
#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <torc/live.h>

#include "commands.h"
#include "devices.h"
#include "rings.h"

#ifndef CAP_BPF
#define CAP_BPF 39 /* Linux 5.8 */
#endif

enum state { GOOD, WARNING, BAD };

struct doctor {
	bool json;
	bool good_too;
	unsigned int told;
	bool bad; /* something makes a capture impossible */
	const char *about;
};

/* command: NULL, or what mends it; the text follows. */
static void tell(struct doctor *doctor, enum state state, const char *check, const char *command,
		 const char *format, ...) TORC_PRINTF(5, 6);

static void tell(struct doctor *doctor, enum state state, const char *check, const char *command,
		 const char *format, ...)
{
	static const char *const words[] = { "good", "warning", "bad" };
	char text[400];
	va_list values;

	doctor->bad = doctor->bad || state == BAD;
	if (state == GOOD && !doctor->good_too && !doctor->json)
		return;
	doctor->told++;
	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	if (!doctor->json) {
		printf("%-10s %s%-8s%s %s\n", doctor->about,
		       state == GOOD ? "" : cli_colour(stdout, state == BAD ? CLI_RED : CLI_BOLD),
		       words[state], state == GOOD ? "" : cli_colour(stdout, NULL), text);
		if (command)
			printf("%-10s          $ %s\n", "", command);
		return;
	}
	printf("{\"about\":");
	cli_print_json_string(stdout, doctor->about);
	printf(",\"check\":\"%s\",\"state\":\"%s\",\"text\":", check, words[state]);
	cli_print_json_string(stdout, text);
	printf(",\"command\":");
	if (command)
		cli_print_json_string(stdout, command);
	else
		printf("null");
	printf("}\n");
}

/* The first line of a file, without its end; false when there is none. */
static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(line, (int)size, file);

	if (file)
		fclose(file);
	if (read)
		line[strcspn(line, "\n")] = '\0';
	return read;
}

/* ---- the machine ---- */

static void check_kernel(struct doctor *doctor)
{
	struct utsname system;
	unsigned int major = 0, minor = 0;

	if (uname(&system) < 0 || sscanf(system.release, "%u.%u", &major, &minor) != 2)
		return;
	if (major < 5 || (major == 5 && minor < 10))
		tell(doctor, BAD, "kernel", NULL, "Linux %s; Torc needs 5.10 or later", system.release);
	else
		tell(doctor, GOOD, "kernel", NULL, "Linux %s", system.release);
}

static uint64_t effective_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	syscall(SYS_capget, &header, data);
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static void check_rights(struct doctor *doctor)
{
	uint64_t has = effective_capabilities();
	bool raw = has >> CAP_NET_RAW & 1;
	bool xdp = raw && (has >> CAP_NET_ADMIN & 1) && (has >> CAP_BPF & 1 || has >> CAP_SYS_ADMIN & 1);

	if (!raw)
		tell(doctor, BAD, "capabilities", "setcap cap_net_raw+ep $(command -v torc)",
		     "no CAP_NET_RAW: no ring can be opened");
	else if (!xdp)
		tell(doctor, WARNING, "capabilities",
		     "setcap cap_net_raw,cap_net_admin,cap_bpf+ep $(command -v torc)",
		     "CAP_NET_RAW is there; xdp: devices need CAP_NET_ADMIN and CAP_BPF too");
	else
		tell(doctor, GOOD, "capabilities", NULL, "all engines may be used");
}

static void check_memory(struct doctor *doctor)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < 64u << 20 &&
	    !(effective_capabilities() >> CAP_IPC_LOCK & 1))
		tell(doctor, WARNING, "memlock", "ulimit -l unlimited    # LimitMEMLOCK= in a unit",
		     "%llu KiB may be locked: too little for the frames of an xdp: device before Linux 5.11",
		     (unsigned long long)limit.rlim_cur >> 10);
	else
		tell(doctor, GOOD, "memlock", NULL, "memory may be locked");
}

static void check_governors(struct doctor *doctor)
{
	long count = sysconf(_SC_NPROCESSORS_CONF), slow = 0, known = 0;
	char path[80], line[64], last[64] = "";

	for (long i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/cpufreq/scaling_governor", i);
		if (!read_line(path, line, sizeof(line)))
			continue;
		known++;
		if (strcmp(line, "performance") == 0)
			continue;
		slow++;
		snprintf(last, sizeof(last), "%s", line);
	}
	if (slow > 0)
		tell(doctor, WARNING, "governor", "cpupower frequency-set -g performance",
		     "%ld processors run under the governor %s: the first packets of a burst meet a slow one",
		     slow, last);
	else if (known > 0)
		tell(doctor, GOOD, "governor", NULL, "processors run at full speed");
}

static void check_clock(struct doctor *doctor)
{
	struct timex state = { 0 };
	char line[64];
	int sync = adjtimex(&state);

	if (read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", line,
		      sizeof(line))) {
		bool slow = strcmp(line, "hpet") == 0 || strcmp(line, "acpi_pm") == 0 ||
			    strcmp(line, "jiffies") == 0;

		tell(doctor, slow ? WARNING : GOOD, "clock", slow ? "dmesg | grep -i clocksource" : NULL,
		     "the clock is %s%s", line, slow ? ": each time stamp costs about a microsecond" : "");
	}
	if (sync == TIME_ERROR || (state.status & STA_UNSYNC))
		tell(doctor, WARNING, "synchronised", "apt install chrony",
		     "nothing keeps the clock right: times of packets are those of this machine alone");
	else if (sync >= 0)
		tell(doctor, GOOD, "synchronised", NULL, "the clock is kept right");
}

static void check_compiler(struct doctor *doctor)
{
	char line[16];

	if (read_line("/proc/sys/net/core/bpf_jit_enable", line, sizeof(line)) && line[0] == '0')
		tell(doctor, WARNING, "bpf_jit", "sysctl net.core.bpf_jit_enable=1",
		     "filters in the kernel are interpreted");
	else
		tell(doctor, GOOD, "bpf_jit", NULL, "filters in the kernel are machine code");
}

static void check_captures(struct doctor *doctor)
{
	FILE *file = fopen("/proc/self/net/packet", "re");
	unsigned int sockets = 0;
	char line[256];

	if (!file)
		return;
	/* those that are bound and running; a spare one (protocol 0) costs nothing */
	while (fgets(line, sizeof(line), file)) {
		unsigned int protocol, running;

		sockets += sscanf(line, "%*s %*s %*s %x %*d %u", &protocol, &running) == 2 &&
			   protocol != 0 && running != 0;
	}
	fclose(file);
	tell(doctor, sockets > 8 ? WARNING : GOOD, "captures", sockets > 8 ? "ss -0 -a -p" : NULL,
	     "%u packet sockets receive in this network namespace%s", sockets,
	     sockets > 8 ? ": each costs every packet a look" : "");
}

/* What reads nothing though it is open; a leader of an xdp: cluster leaves the others without too. */
static void check_stopped(struct doctor *doctor)
{
	struct torc_live_ring ring = { .size = sizeof(ring) };
	char command[80], device[ESCAPED(256)];
	struct torc_live_list *list;
	bool stopped = false;

	if (torc_live_open(&list) < 0)
		return;
	while (torc_live_next(list, &ring, NULL) > 0) {
		bool leads = rings_hold_up_others(&ring);

		if (!ring.stopped)
			continue;
		snprintf(command, sizeof(command), "kill -CONT %d%s", ring.pid,
			 leads ? "    # or kill -KILL: then another one leads" : "");
		rings_printable(ring.device, device, sizeof(device));
		if (leads)
			tell(doctor, BAD, "stopped", command, "process %d, a ring on %s, is stopped and leads "
			     "cluster %u: no member receives", ring.pid, device, ring.cluster_id);
		else
			tell(doctor, WARNING, "stopped", command, "process %d, a ring on %s, is stopped: it "
			     "reads nothing, and what comes for it is lost", ring.pid, device);
		stopped = true;
	}
	torc_live_close(list);
	if (!stopped)
		tell(doctor, GOOD, "stopped", NULL, "no process with a ring is stopped");
}

/* ---- a device ---- */

static void check_link(struct doctor *doctor, const struct torc_device *device)
{
	char command[80];

	if (!(device->flags & IFF_UP)) {
		snprintf(command, sizeof(command), "ip link set %s up", device->name);
		tell(doctor, BAD, "link", command, "the interface is down");
	} else if (!(device->flags & IFF_RUNNING)) {
		tell(doctor, WARNING, "link", NULL, "no carrier: is the cable in?");
	} else if (device->speed_mbit != TORC_UNKNOWN) {
		tell(doctor, GOOD, "link", NULL, "up, %sbit/s",
		     cli_human((double)device->speed_mbit * 1e6).text);
	} else {
		tell(doctor, GOOD, "link", NULL, "up");
	}
}

static void check_offloads(struct doctor *doctor, const struct torc_device *device)
{
	static const struct {
		uint32_t bit;
		const char *name, *letters, *text;
	} offloads[] = {
		{ TORC_OFFLOAD_LRO, "LRO", "lro", "the card merges received segments: packets are captured that were never on the wire" },
		{ TORC_OFFLOAD_GRO, "GRO", "gro", "the kernel merges received segments before a capture sees them" },
	};
	char command[80];
	bool found = false;

	for (size_t i = 0; i < sizeof(offloads) / sizeof(*offloads); i++) {
		if (!(device->offloads & offloads[i].bit) || (device->flags & IFF_LOOPBACK))
			continue;
		snprintf(command, sizeof(command), "ethtool -K %s %s off", device->name,
			 offloads[i].letters);
		tell(doctor, WARNING, offloads[i].letters, command, "%s is on: %s", offloads[i].name,
		     offloads[i].text);
		found = true;
	}
	if (!found)
		tell(doctor, GOOD, "offloads", NULL, "received packets come as they were on the wire");
	if ((device->offloads & (TORC_OFFLOAD_TSO | TORC_OFFLOAD_GSO)) && !(device->flags & IFF_LOOPBACK))
		tell(doctor, GOOD, "sent", NULL,
		     "what this host sends is seen before the card splits it and writes its checksums");
}

static void check_slots(struct doctor *doctor, const struct torc_device *device)
{
	char command[80];

	if (device->receive_slots == TORC_UNKNOWN)
		return;
	if (device->receive_slots < device->receive_slots_most && device->receive_slots < 4096) {
		snprintf(command, sizeof(command), "ethtool -G %s rx %llu", device->name,
			 (unsigned long long)(device->receive_slots_most < 4096 ? device->receive_slots_most
										: 4096));
		tell(doctor, WARNING, "slots", command,
		     "the card holds %llu packets a queue of %llu it could: a pause of the kernel loses more",
		     (unsigned long long)device->receive_slots,
		     (unsigned long long)device->receive_slots_most);
	} else {
		tell(doctor, GOOD, "slots", NULL, "the card holds %llu packets a queue",
		     (unsigned long long)device->receive_slots);
	}
}

static void check_queues(struct doctor *doctor, const struct torc_device *device)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	char command[80];

	if (device->receive_queues == TORC_UNKNOWN || device->queues_most == TORC_UNKNOWN)
		return;
	if (device->receive_queues == 1 && device->queues_most > 1 && processors > 1) {
		snprintf(command, sizeof(command), "ethtool -L %s combined %lld", device->name,
			 (long long)device->queues_most < processors ? (long long)device->queues_most
								     : (long long)processors);
		tell(doctor, WARNING, "queues", command,
		     "one receive queue of %llu: one processor takes all packets",
		     (unsigned long long)device->queues_most);
	} else {
		tell(doctor, GOOD, "queues", NULL, "%llu receive queue%s",
		     (unsigned long long)device->receive_queues, device->receive_queues == 1 ? "" : "s");
	}
	if (device->receive_queues > 1)
		tell(doctor, GOOD, "symmetry", NULL,
		     "both directions of a flow may come by different queues: rings of single queues "
		     "(%s@N) split them, clusters do not", device->name);
}

static void check_losses(struct doctor *doctor, const struct torc_device *device)
{
	char command[80];

	snprintf(command, sizeof(command), "ethtool -S %s | grep -i -E 'drop|miss|err'", device->name);
	if (device->receive_missed > 0)
		tell(doctor, WARNING, "missed", command,
		     "the card had no room for %llu packets, of %llu received, since it is there",
		     (unsigned long long)device->receive_missed, (unsigned long long)device->received);
	else
		tell(doctor, GOOD, "missed", NULL, "the card missed none of %llu packets",
		     (unsigned long long)device->received);
}

static void check_xdp(struct doctor *doctor, const struct torc_device *device)
{
	char command[96];
	struct torc_error error = { 0 };
	int code = torc_device_xdp(device->name, &error);

	if (code == -EBUSY) {
		snprintf(command, sizeof(command), "bpftool net show dev %s", device->name);
		tell(doctor, WARNING, "xdp", command, "%s", error.text);
	} else if (code == -EPERM) {
		return; /* said of the machine */
	} else if (code < 0) {
		tell(doctor, GOOD, "xdp", NULL, "no xdp: ring: %s", error.text);
	} else {
		tell(doctor, GOOD, "xdp", NULL, "xdp:%s is possible%s%s", device->name,
		     code & TORC_XDP_NATIVE ? ", native" : ", generic",
		     code & TORC_XDP_ZERO_COPY ? ", zero-copy" : "");
	}
}

static void check_times(struct doctor *doctor, const struct torc_device *device)
{
	tell(doctor, GOOD, "times", NULL, device->hardware_time
						  ? "the card can stamp packets: -j adapter"
						  : "the kernel stamps packets");
}

static void check_device(struct doctor *doctor, const struct torc_device *device)
{
	doctor->about = device->name;
	check_link(doctor, device);
	check_offloads(doctor, device);
	check_slots(doctor, device);
	check_queues(doctor, device);
	check_losses(doctor, device);
	check_xdp(doctor, device);
	check_times(doctor, device);
}

/* ---- the command ---- */

struct settings {
	bool json;
	bool all;
};

static const struct cli_option options[] = {
	{ 0, "all", NULL, "what is good too", cli_set_flag, offsetof(struct settings, all), NULL },
	{ 0, "json", NULL, "JSON Lines on standard output, with what is good", cli_set_flag,
	  offsetof(struct settings, json), NULL },
	{ 0 },
};

static const struct cli_group groups[] = {
	{ "Output", options, 0 },
	{ NULL, NULL, 0 },
};

static bool is_named(char **words, const char *name)
{
	for (; *words; words++)
		if (strcmp(*words, name) == 0)
			return true;
	return false;
}

/* A name that no interface has; NULL: they all are there. */
static const char *missing(char **words)
{
	for (; *words; words++)
		if (if_nametoindex(*words) == 0)
			return *words;
	return NULL;
}

static int run(void *data, char **words)
{
	const struct settings *settings = data;
	struct doctor doctor = { .json = settings->json, .good_too = settings->all, .about = "machine" };
	struct torc_device device = { .size = sizeof(device) };
	struct torc_devices *devices;
	struct torc_error error;

	if (missing(words)) {
		cli_complain("torc doctor: there is no interface %s; torc devices lists them",
			     missing(words));
		return CLI_FAILED;
	}
	if (torc_devices_open(&devices, &error) < 0) {
		cli_complain("torc: %s", error.text);
		return CLI_FAILED;
	}
	check_kernel(&doctor);
	check_rights(&doctor);
	check_memory(&doctor);
	check_governors(&doctor);
	check_clock(&doctor);
	check_compiler(&doctor);
	check_captures(&doctor);
	check_stopped(&doctor);
	while (torc_devices_next(devices, &device) > 0)
		if (*words ? is_named(words, device.name)
			   : (device.flags & IFF_UP) && !(device.flags & IFF_LOOPBACK))
			check_device(&doctor, &device);
	torc_devices_close(devices);
	if (!settings->json && doctor.told == 0)
		printf("nothing to mend; --all says what was looked at\n");
	return doctor.bad ? CLI_FAILED : CLI_GOOD;
}

const struct cli_command command_doctor = {
	.name = "doctor",
	.words = "[DEVICE]...",
	.summary = "what keeps this machine from capturing well, and what mends it",
	.about = "Looks at the machine and at its interfaces (all that are up, or those named): offloads,\n"
		 "queues, clocks, rights. Says what is worth a change, with the command that makes it; it\n"
		 "changes nothing itself. Status 1: something makes a capture impossible.",
	.groups = groups,
	.settings_size = sizeof(struct settings),
	.run = run,
};
