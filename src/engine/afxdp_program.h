/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_program.h - the XDP program of an interface
 */
#ifndef TORC_ENGINE_AFXDP_PROGRAM_H
#define TORC_ENGINE_AFXDP_PROGRAM_H

struct afxdp_port;
struct torc_error;

/* Load the program that serves the port's sockets with their filters; returns its descriptor. */
int afxdp_program_load(const struct afxdp_port *port, struct torc_error *error);

/* The same for everything that this kernel may be able to do, to see whether it can. */
int afxdp_program_probe(const struct afxdp_port *port);

#endif
