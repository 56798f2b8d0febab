/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/syslog.h - a message of syslog, RFC 3164 and RFC 5424 */
#ifndef TORC_LAYERS_SYSLOG_H
#define TORC_LAYERS_SYSLOG_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_syslog {
	uint8_t facility;
	uint8_t severity;
	struct torc_bytes message;  /* behind the priority */
};

TORC_LAYER_READER(syslog, SYSLOG)

#ifdef __cplusplus
}
#endif

#endif
