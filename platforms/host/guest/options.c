/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_DEFAULT 32u
#define MEMORY_MAX 4096u

static const char help[] =
    "An application of Atman as a Linux process: the same drivers, on a model of Xen.\n"
    "\n"
    "Usage: PROGRAM [OPTION...] [--] [ARGUMENT...]\n"
    "\n"
    "  --tap=NAME       the guest's network is the TAP device NAME (ip tuntap add NAME mode tap user $USER)\n"
    "  --pcap=FILE      the frames of a capture arrive, one after another; then the guest is asked to shut down\n"
    "  --pcap-out=FILE  what the guest sends is written there, as a capture\n"
    "  --mac=ADDRESS    of the guest's interface (00:16:3e:4d:4e:04)\n"
    "  --ip=TEXT        what the toolstack says the interface's address is\n"
    "  --memory=MIB     of the guest (32)\n"
    "\n"
    "Without a TAP device or a capture the guest has a network on which nobody else is. The ARGUMENTs are the\n"
    "application's. Ctrl-C asks it to shut down, as `xl shutdown` does; a second one ends it.\n";

/* The value of option `name` if `word` is it, as in --name=VALUE; NULL if it is another one. */
static const char *value_of(const char *word, const char *name)
{
    size_t size = strlen(name);

    return strncmp(word, name, size) == 0 && word[size] == '=' ? word + size + 1 : NULL;
}

/* Stores the option that `word` is. Returns whether it is one, and well-formed. */
static int take(struct at_host_options *options, const char *word)
{
    const struct {
        const char *name;
        const char **text;
    } texts[] = {
        {"--tap", &options->tap}, {"--pcap", &options->pcap}, {"--pcap-out", &options->pcap_out},
        {"--mac", &options->mac}, {"--ip", &options->ip},
    };
    const char *value;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        value = value_of(word, texts[i].name);
        if (value != NULL && *value != '\0') {
            *texts[i].text = value;
            return 1;
        }
    }
    value = value_of(word, "--memory");
    if (value != NULL && *value >= '1' && *value <= '9') {
        char *end;
        unsigned long mib = strtoul(value, &end, 10);

        options->memory = (unsigned)mib;
        return *end == '\0' && mib <= MEMORY_MAX;
    }
    return 0;
}

int at_host_options_take(struct at_host_options *options, const char **message, int argc, char **argv)
{
    static char mistake[256];
    int next = 1;

    *options = (struct at_host_options){.memory = MEMORY_DEFAULT};
    for (; next < argc && strncmp(argv[next], "--", 2) == 0; next++) {
        if (argv[next][2] == '\0') {
            next++;
            break;
        }
        if (strcmp(argv[next], "--help") == 0) {
            *message = help;
            return 0;
        }
        if (!take(options, argv[next])) {
            snprintf(mistake, sizeof mistake, "%.100s is no option of the host platform, or lacks a value; see --help",
                     argv[next]);
            *message = mistake;
            return -1;
        }
    }
    if (options->tap != NULL && options->pcap != NULL) {
        *message = "a guest has one network: either --tap or --pcap";
        return -1;
    }
    for (int i = next; i <= argc; i++) /* the null pointer behind the last as well */
        argv[i - next + 1] = argv[i];
    return argc - next + 1;
}
