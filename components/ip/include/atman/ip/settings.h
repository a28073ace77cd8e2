/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_SETTINGS_H
#define ATMAN_IP_SETTINGS_H

/*
 * An interface's settings as text, such as the words of a command line:
 *
 *     ip=10.0.0.2/24 gw=10.0.0.1 dns=10.0.0.1,10.0.0.3
 *     ip=10.0.0.2/24,2001:db8::2      a fixed IPv6 address as well
 *     ip=dhcp                         what is taken without a word
 *     ip=none                         no IPv4; IPv6 by router advertisements
 *
 * The second interface's words are ip1, gw1 and dns1, and so on. Other words are other people's.
 */

#include <atman/base/status.h>
#include <atman/ip/ip.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_ip_settings_parse stores in `settings` what the `words` (up to a NULL; NULL: none) say about the interface with
 * the given index, from 0. `address`, unless NULL, is what `ip=` would say if there is no such word: a toolstack's
 * default. An IPv4 address without a prefix is taken for one of /24.
 *
 * Returns AT_OK; AT_INVALID, with a sentence that names the mistake in `*error`, constant, without a full stop.
 */
at_status at_ip_settings_parse(struct at_ip_settings *settings, const char **error, char *const *words, unsigned index,
                               const char *address);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_IP_SETTINGS_H */
