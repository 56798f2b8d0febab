/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cli.h - what the subcommands of torc share
 *
 * A subcommand is a struct cli_command: a name, a settings struct, and tables of options. The same
 * tables parse the command line, print --help and make the shell completions.
 *
 * Data goes to stdout, talk to stderr.
 */
#ifndef TORC_CLI_H
#define TORC_CLI_H

#include <stdio.h>

#include <torc/torc.h>

/* exit statuses */
enum {
	CLI_GOOD = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_PRIVILEGE = 3, /* a privilege is missing */
	CLI_LOSS = 4       /* --fail-on-loss, and packets were lost */
};

struct cli_option;

/*
 * Stores the value of an option in its field. Returns NULL, or what was expected instead ("a number
 * of packets"). text is NULL for options without a value.
 */
typedef const char *cli_set(const struct cli_option *option, void *field, const char *text);

struct cli_option {
	char letter;         /* 0: there is none */
	const char *name;    /* long name; NULL: there is none */
	const char *value;   /* what --help calls the value; NULL: it takes none */
	const char *help;
	cli_set *set;
	size_t field;        /* offset in the struct that the group is about */
	const char *choices; /* for cli_set_choice and the completions: "rx tx both" */
};

/* Options under one heading of --help; the table ends with an entry without a set function. */
struct cli_group {
	const char *title; /* NULL: that of the group before it */
	const struct cli_option *options;
	size_t base; /* offset of the group's struct in the command's settings */
};

struct cli_command {
	const char *name;
	const char *words;   /* what may follow the options, for the usage line */
	const char *summary; /* one line for torc --help */
	const char *about;   /* paragraph for torc NAME --help */
	const struct cli_group *groups; /* ends with a group without options */
	size_t settings_size;
	int (*run)(void *settings, char **words); /* words end with NULL; returns an exit status */
};

extern const struct cli_command *const cli_commands[]; /* ends with NULL */

/* ---- main.c ---- */

/* argv[1] is the command; an exit status. */
int cli_run(int argc, char **argv);

/* ---- argfile.c ---- */

/*
 * Puts the words of FILE in the place of each @FILE. An exit status; the list that argv then is, or
 * NULL, is the caller's: cli_expanded_free().
 */
int cli_expand(int *argc, char ***argv);
void cli_expanded_free(char **argv);

/* ---- options.c ---- */

/* Fills in settings, sets words; CLI_GOOD, CLI_USAGE, or -1 when --help was printed. */
int cli_parse(const struct cli_command *command, int argc, char **argv, void *settings,
	      char ***words);
const struct cli_command *cli_find(const char *name);

/* ---- help.c, completion.c ---- */

void cli_print_help(const struct cli_command *command);
void cli_print_overview(FILE *stream);
int cli_print_completion(const char *shell);

/* ---- values.c: the set functions ---- */

/* A short text, such as a figure. */
struct cli_figure {
	char text[32];
};

enum { CLI_LIST_MAX = 64 };

/* A value that was given several times. */
struct cli_list {
	const char *items[CLI_LIST_MAX + 1]; /* ends with NULL */
	size_t count;
};

cli_set cli_set_flag;     /* bool */
cli_set cli_set_repeat;   /* unsigned int: how often */
cli_set cli_set_text;     /* const char * */
cli_set cli_set_list;     /* struct cli_list */
cli_set cli_set_number;   /* uint64_t */
cli_set cli_set_positive; /* uint64_t above 0 */
cli_set cli_set_size;     /* uint64_t bytes; the unit must be given */
cli_set cli_set_duration; /* uint64_t nanoseconds; the unit must be given */
cli_set cli_set_bitrate;  /* uint64_t bits per second; the unit must be given */
cli_set cli_set_time;     /* uint64_t nanoseconds since 1970 */
cli_set cli_set_choice;   /* int: place in choices */

/* The words (they end with NULL) as one text; the caller frees it. NULL when memory ran out. */
char *cli_join(char *const *words, char between);

/* The word at a place of choices; "?" when there is none. */
struct cli_figure cli_choice(const char *choices, unsigned int place);

/* A number and its unit of a table that ends with a NULL name; false when it is not that. */
struct cli_unit {
	const char *name;
	double factor;
};
bool cli_parse_unit(const char *text, const struct cli_unit *units, uint64_t *value);
bool cli_parse_size(const char *text, uint64_t *bytes);
bool cli_parse_duration(const char *text, uint64_t *duration_ns);

/* ---- talk.c: stderr, stdout, colour ---- */

void cli_complain(const char *format, ...) TORC_PRINTF(1, 2);

/* Somebody else's text, in lines: but for their ends and backslashes as torc_text_escaped() has it,
 * which needs a buffer of ESCAPED(length). */
#define ESCAPED(bytes) (4 * (bytes) + 1)
void cli_put_lines(FILE *stream, const char *text);
/* The sentence of the library; returns the exit status that belongs to the code. */
int cli_fail(int code, const char *sentence);
/* Ends the escape when colour is NULL; "" unless the stream is a terminal that wants colours. */
const char *cli_colour(FILE *stream, const char *colour);
void cli_set_colour(int mode); /* 0 auto, 1 always, 2 never */
/* Flushes; false when the output cannot be written. A broken pipe is remembered, not reported. */
bool cli_flush_stdout(void);
bool cli_stdout_gone(void);

#define CLI_BOLD "1"
#define CLI_RED  "31"

/* A figure, or "unknown" / null when it cannot be known. */
struct cli_figure cli_figure(uint64_t value);
struct cli_figure cli_json_figure(uint64_t value);
/* 1.24 M and so on, for people. */
struct cli_figure cli_human(double value);
void cli_print_json_string(FILE *stream, const char *text);

/* ---- signals.c ---- */

enum {
	CLI_SIGNAL_STOP = 1 << 0,   /* SIGINT, SIGTERM, and the end of cli_stop_after() */
	CLI_SIGNAL_REPORT = 1 << 1, /* SIGUSR1 */
	CLI_SIGNAL_FLUSH = 1 << 2,  /* SIGUSR2 */
	CLI_SIGNAL_ROTATE = 1 << 3, /* SIGHUP */
	CLI_SIGNAL_OTHER = 1 << 4   /* SIGIO: the other process of ours says something */
};

/* Called from the signal handler: makes the thread that works on the object look. */
typedef void cli_wake(void *object, unsigned int signal);

/* From now on signals are kept for cli_signals_take(), and wake; NULL: they wake nobody. */
void cli_signals_catch(cli_wake *wake, void *object);
void cli_signals_catch_other(void); /* SIGIO too */
bool cli_signals_pending(void);
unsigned int cli_signals_take(void);
/* An end is wanted, and will be: a write that is interrupted may be given up. */
void cli_signals_end(void);
bool cli_signals_ending(void);
/* CLI_SIGNAL_STOP comes by itself after that time. */
void cli_stop_after(uint64_t duration_ns);

/* ---- clock ---- */

uint64_t cli_now_ns(void); /* CLOCK_MONOTONIC */
uint64_t cli_cpu_ns(void); /* of this process, user and system */

#endif
