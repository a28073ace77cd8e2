/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_TESTING_FAKE_CONSOLE_H
#define ATMAN_TESTING_FAKE_CONSOLE_H

/*
 * A fake xenconsoled: the other end of one domain's console ring, a peer of the fake Xen in domain 0.
 *
 * It takes what the domain writes whenever the domain blocks, notifies it, and types what it is told to. It can be deaf
 * (read nothing) and slow (so many bytes, so often). What else a hostile one does, a test does to the ring itself.
 */

#include <atman/testing/fake_xen.h>
#include <xen/io/console.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_fake_console;

/*
 * at_fake_console_create gives `domid` a console: a ring page of its own and a port, as its start_info would say, in
 * `*ring` and `*port`.
 */
struct at_fake_console *at_fake_console_create(struct at_fake_xen *xen, struct xencons_interface **ring,
                                               at_xen_port *port, at_xen_domid domid);

/* at_fake_console_destroy closes both ports and frees the page. Before at_fake_xen_destroy(). */
void at_fake_console_destroy(struct at_fake_console *console);

/*
 * at_fake_console_text returns all that was read so far, NUL-terminated, valid until the next step; `*size` may be
 * NULL.
 */
const char *at_fake_console_text(const struct at_fake_console *console, size_t *size);

/* at_fake_console_type types `size` bytes, as far as they fit on the ring, and notifies. Returns how many did. */
size_t at_fake_console_type(struct at_fake_console *console, const char *text, size_t size);

/* at_fake_console_set_deaf makes it stop reading, or read again. */
void at_fake_console_set_deaf(struct at_fake_console *console, bool deaf);

/* at_fake_console_set_slow makes it read at most `bytes` every `every_ns`; 0 bytes for all there is, at once. */
void at_fake_console_set_slow(struct at_fake_console *console, uint32_t bytes, uint64_t every_ns);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_TESTING_FAKE_CONSOLE_H */
