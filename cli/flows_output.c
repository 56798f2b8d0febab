/* SPDX-License-Identifier: BSD-3-Clause */
/* flows_output.c - the outputs of torc flows: several at once, none of which the capture waits for */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "flows.h"

static bool name_one(struct flows_outputs *outputs, const char *scheme, const char *rest)
{
	char *target;
	int length;

	if (outputs->count == FLOWS_OUTPUTS_MAX)
		return false;
	target = outputs->target[outputs->count++];
	length = snprintf(target, sizeof(outputs->target[0]), "%s:%s", scheme, rest);
	return length > 0 && (size_t)length < sizeof(outputs->target[0]);
}

bool flows_outputs_name(struct flows_outputs *outputs, const struct flows_settings *settings)
{
	bool others = settings->ipfix.count + settings->netflow9.count + settings->kafka.count > 0 ||
		      settings->top;
	bool good = true;

	for (size_t n = 0; n < settings->ipfix.count; n++)
		good = good && name_one(outputs, "ipfix", settings->ipfix.items[n]);
	for (size_t n = 0; n < settings->netflow9.count; n++)
		good = good && name_one(outputs, "netflow9", settings->netflow9.items[n]);
	for (size_t n = 0; n < settings->kafka.count; n++)
		good = good && name_one(outputs, "kafka", settings->kafka.items[n]);
	if (settings->capture.json)
		good = good && name_one(outputs, "json", "-");
	else if (settings->print || !others)
		good = good && name_one(outputs, "text", "-");
	return good;
}

static bool name_interface(void *capture, int32_t ifindex, char name[16])
{
	return capture_interface_name(capture, ifindex, name);
}

int flows_outputs_open(struct flows_outputs *outputs, const struct flows_settings *settings,
		       unsigned int worker, struct capture *wire)
{
	struct torc_export_options options = {
		.size = sizeof(options),
		.flags = (wire ? TORC_EXPORT_INTERFACES : 0) |
			 (settings->one_way ? TORC_EXPORT_ONE_WAY : 0),
		.queue_records = (uint32_t)settings->queue_records,
		.domain = (uint32_t)(settings->domain ? settings->domain : 1) + worker,
		.message_bytes = (uint32_t)settings->message_bytes,
		.messages_per_second = (uint32_t)settings->pace,
		.template_ns = settings->template_ns,
		.settings = settings->kafka_options.items, /* only Kafka has any */
		.interface_name = name_interface,
		.object = wire,
	};
	struct torc_error error = { 0 };

	for (unsigned int n = 0; n < outputs->count; n++) {
		int code = torc_export_open(&outputs->out[n], outputs->target[n], &options, &error);

		if (code < 0)
			return cli_fail(code, error.text);
		if (!wire)
			torc_export_set_wait(outputs->out[n], UINT64_MAX);
	}
	outputs->of_files = !wire;
	return CLI_GOOD;
}

void flows_outputs_write(void *object, const struct torc_flow_record *record)
{
	struct flows_outputs *outputs = object;

	for (unsigned int n = 0; n < outputs->count; n++) {
		if (torc_export_write(outputs->out[n], record) == 0 || outputs->refused_said & 1u << n)
			continue;
		outputs->refused_said |= 1u << n;
		cli_complain("torc: %s: too slow, or away: records are lost from here on, and counted",
			     outputs->target[n]);
	}
}

static bool is_stdout(const char *target)
{
	return strcmp(target, "text:-") == 0 || strcmp(target, "json:-") == 0;
}

bool flows_outputs_look(struct flows_outputs *outputs, uint64_t ignored)
{
	struct torc_export_stats stats = { .size = sizeof(stats) };
	unsigned int broken = 0;

	for (unsigned int n = 0; n < outputs->count; n++) {
		struct torc_error news;

		torc_export_set_ignored(outputs->out[n], ignored);
		torc_export_stats(outputs->out[n], &stats);
		broken += stats.broken;
		/* a reader who had enough is no news */
		if (torc_export_poll(outputs->out[n], &news) > 0 &&
		    !(news.code == -EPIPE && is_stdout(outputs->target[n]))) {
			cli_complain("torc: %s", news.text);
			outputs->failed |= stats.broken;
		}
	}
	return broken < outputs->count || outputs->count == 0;
}

void flows_outputs_patient(struct flows_outputs *outputs, uint64_t wait_ns)
{
	uint64_t none = 0;

	if (!__atomic_compare_exchange_n(&outputs->until_ns, &none, cli_now_ns() + wait_ns, false,
					 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	for (unsigned int n = 0; n < outputs->count; n++)
		if (outputs->out[n])
			torc_export_set_wait(outputs->out[n], wait_ns);
}

static uint64_t in_flight(const struct flows_outputs *outputs, bool stdout_only)
{
	struct torc_export_stats stats = { .size = sizeof(stats) };
	uint64_t sum = 0;

	for (unsigned int n = 0; n < outputs->count; n++) {
		if (stdout_only && !is_stdout(outputs->target[n]))
			continue;
		torc_export_stats(outputs->out[n], &stats);
		sum += stats.in_flight;
	}
	return sum;
}

static uint64_t until_ns(const struct flows_outputs *outputs)
{
	return __atomic_load_n(&outputs->until_ns, __ATOMIC_RELAXED);
}

static void pause_short(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

void flows_outputs_read(struct flows_outputs *outputs, uint64_t ignored)
{
	while (outputs->of_files && !until_ns(outputs) && in_flight(outputs, true) > 0 &&
	       flows_outputs_look(outputs, ignored))
		pause_short();
}

void flows_outputs_settle(struct flows_outputs *outputs, uint64_t ignored)
{
	while (in_flight(outputs, false) > 0 && cli_now_ns() < until_ns(outputs) &&
	       !cli_signals_pending() && flows_outputs_look(outputs, ignored))
		pause_short();
	flows_outputs_look(outputs, ignored);
}

void flows_outputs_close(struct flows_outputs *outputs)
{
	uint64_t until;

	flows_outputs_patient(outputs, 0); /* of one that did not begin */
	until = until_ns(outputs);
	for (unsigned int n = 0; n < outputs->count; n++) {
		uint64_t now = cli_now_ns();

		if (!outputs->out[n])
			continue;
		outputs->stats[n].size = sizeof(outputs->stats[n]);
		torc_export_close(outputs->out[n],
				  now < until ? until - now : 0, &outputs->stats[n]);
		outputs->out[n] = NULL;
	}
}
