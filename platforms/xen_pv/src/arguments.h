/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_XEN_PV_ARGUMENTS_H
#define ATMAN_XEN_PV_ARGUMENTS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Most arguments that main() can get, its own name included. A command line of 1,023 bytes can hold more: see below. */
#define AT_XEN_PV_ARGUMENTS_MAX 32

/*
 * at_xen_pv_arguments splits the command line `line` in place and stores its words in `argv` from argv[1] on, with a
 * null pointer behind the last; argv[0] is left alone. Words are separated by spaces and tabs; between double quotes
 * these are part of the word, and the quotes are not. A quote that is never closed ends with the line. When there are
 * more words than fit, the last one holds the rest of the line, so that nothing is lost. `argv` has
 * AT_XEN_PV_ARGUMENTS_MAX + 1 entries and points into `line`, which must outlive it. Returns argc.
 */
int at_xen_pv_arguments(char **argv, char *line);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_XEN_PV_ARGUMENTS_H */
