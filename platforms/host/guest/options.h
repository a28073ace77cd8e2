/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_HOST_OPTIONS_H
#define ATMAN_HOST_OPTIONS_H

/* What the command line says of the machine that the application is to find itself in. */

#ifdef __cplusplus
extern "C" {
#endif

/* Texts are those of the command line, NULL where an option was not given. */
struct at_host_options {
    const char *tap;      /* name of a TAP device that is the guest's network */
    const char *pcap;     /* file whose frames arrive, once */
    const char *pcap_out; /* file for the frames that the guest sends */
    const char *mac;      /* of the guest's interface */
    const char *ip;       /* what xl would write as the interface's `ip` */
    unsigned memory;      /* MiB */
};

/*
 * at_host_options_take takes the options of the platform out of `argv` and leaves the application's arguments,
 * everything behind "--" or from the first word on that is no option, in argv[1] and on. Returns the application's
 * argc; or, with
 * `*message` saying in one sentence why or, for --help, what there is, 0 for --help and -1 for a mistake. The message
 * is valid until the next call.
 */
int at_host_options_take(struct at_host_options *options, const char **message, int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_HOST_OPTIONS_H */
