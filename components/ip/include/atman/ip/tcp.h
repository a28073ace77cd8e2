/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_IP_TCP_H
#define ATMAN_IP_TCP_H

/*
 * TCP by events, without copies.
 *
 * A connection is the stack's object. It is there from at_ip_tcp_connect(), or from `accepted`, until at_ip_tcp_close()
 * or at_ip_tcp_abort() is called or `closed` has been called back, whichever comes first; after that its pointer is
 * invalid. In every callback the connection may be written to, closed and aborted.
 *
 *     static void received(struct at_ip_tcp *tcp, void *user, struct at_ip_data *data)
 *     {
 *         size_t size = at_ip_data_size(data);
 *         ... look at it ...
 *         at_ip_data_free(data);
 *         at_ip_tcp_consumed(tcp, size);
 *     }
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <atman/base/status.h>
#include <atman/ip/address.h>
#include <atman/ip/data.h>

#ifdef __cplusplus
extern "C" {
#endif

struct at_ip;
struct at_ip_tcp;
struct at_ip_tcp_listener;

/* What happens to a connection. Members may be NULL but for `received` and `closed`. Must outlive the connection. */
struct at_ip_tcp_events {
    /* The peer answered: at_ip_tcp_connect() has succeeded. */
    void (*connected)(struct at_ip_tcp *tcp, void *user);

    /*
     * Bytes have come, which are the callee's now: at_ip_data_free() gives them back, in the callback or later. The
     * peer may send more only as at_ip_tcp_consumed() says that they were used.
     */
    void (*received)(struct at_ip_tcp *tcp, void *user, struct at_ip_data *data);

    /* The peer will send no more. The connection can still be written to, and must be closed. */
    void (*finished)(struct at_ip_tcp *tcp, void *user);

    /*
     * The peer has taken `size` more bytes of what was written: there is room for as many. 0: there was no memory for
     * what was to be written, and may be again.
     */
    void (*sent)(struct at_ip_tcp *tcp, void *user, size_t size);

    /* The time of at_ip_tcp_set_tick() has passed, once more. */
    void (*tick)(struct at_ip_tcp *tcp, void *user);

    /*
     * The connection is gone: AT_OK both sides had finished, and the peer has all that was written. Otherwise with all
     * that was not sent: AT_CLOSED the peer reset it; AT_DENIED it refused to connect; AT_TIMED_OUT it did not answer;
     * AT_CANCELLED the stack has ended.
     */
    void (*closed)(struct at_ip_tcp *tcp, void *user, at_status why);
};

/*
 * A connection has come. The callee says what `events` and `user` are to be by at_ip_tcp_own(), or aborts it. Nothing
 * of the peer's has been delivered yet.
 */
typedef void (*at_ip_tcp_accepted_fn)(struct at_ip_tcp *tcp, void *user);

/*
 * at_ip_tcp_listen takes connections to `port` (not 0) of `address` (AT_IP_ANY: of every address). At most `backlog` (1
 * to 255) may be half open; further ones are not answered.
 *
 * Returns AT_OK; AT_INVALID; AT_EXISTS somebody listens there; AT_NO_MEMORY. Never blocks.
 */
at_status at_ip_tcp_listen(struct at_ip *ip, struct at_ip_tcp_listener **listener, const struct at_ip_address *address,
                           uint16_t port, unsigned backlog, at_ip_tcp_accepted_fn accepted, void *user);

/* at_ip_tcp_listener_close ends `listener`; connections that were accepted stay. Never blocks. */
void at_ip_tcp_listener_close(struct at_ip_tcp_listener *listener);

/* at_ip_tcp_own says who is called back for `tcp`. Not later than `accepted` returns; may be called again. */
void at_ip_tcp_own(struct at_ip_tcp *tcp, const struct at_ip_tcp_events *events, void *user);

/*
 * at_ip_tcp_connect begins to connect to `port` of `address`, from a port that is chosen at random (RFC 6056, 3.3.1).
 * `connected` or `closed` tells how it ends: after about 3 minutes without an answer with AT_TIMED_OUT.
 *
 * Returns AT_OK; AT_INVALID; AT_NOT_FOUND no interface leads there; AT_NO_MEMORY; AT_NO_SPACE no free port was found.
 */
at_status at_ip_tcp_connect(struct at_ip *ip, struct at_ip_tcp **tcp, const struct at_ip_address *address,
                            uint16_t port, const struct at_ip_tcp_events *events, void *user);

/* How at_ip_tcp_write() takes the bytes. */
#define AT_IP_TCP_IN_PLACE 1u /* not copied: they must stay as they are until `sent` has told of them, or `closed` */
#define AT_IP_TCP_MORE 2u     /* more follows at once: need not be sent yet */

/*
 * at_ip_tcp_write takes up to `size` bytes of `bytes` to send, and stores in `*taken` how many. They go out at the end
 * of the batch, unless Nagle's algorithm (at_ip_tcp_set_delay()), the peer's window or congestion holds them back.
 *
 * Returns AT_OK all were taken; AT_AGAIN fewer: wait for `sent`; AT_CLOSED the connection does not send any more.
 * O(size) when copied.
 */
at_status at_ip_tcp_write(struct at_ip_tcp *tcp, size_t *taken, const void *bytes, size_t size, unsigned flags);

/* at_ip_tcp_room returns how many bytes at_ip_tcp_write() would take now, if memory lasts. */
size_t at_ip_tcp_room(const struct at_ip_tcp *tcp);

/* at_ip_tcp_consumed says that `size` received bytes were used: the peer may send as many again. */
void at_ip_tcp_consumed(struct at_ip_tcp *tcp, size_t size);

/*
 * at_ip_tcp_finish sends what was written and then says that no more follows (a FIN); the peer may go on sending.
 *
 * Returns AT_OK; AT_NO_MEMORY try again; AT_CLOSED there is no connection yet.
 */
at_status at_ip_tcp_finish(struct at_ip_tcp *tcp);

/*
 * at_ip_tcp_close ends the connection: what was written is still sent, then a FIN. If the peer has sent bytes that were
 * not consumed, it is reset instead (RFC 1122, 4.2.2.13). No callback follows. Bytes written in place must stay for as
 * long as the stack sends them, which cannot be told: finish and wait instead, or copy. Never blocks.
 */
void at_ip_tcp_close(struct at_ip_tcp *tcp);

/* at_ip_tcp_abort resets the connection. No callback follows. Never blocks. */
void at_ip_tcp_abort(struct at_ip_tcp *tcp);

/* at_ip_tcp_set_delay says whether small segments wait for the peer (Nagle, RFC 1122, 4.2.3.4). They do at first. */
void at_ip_tcp_set_delay(struct at_ip_tcp *tcp, bool delay);

/*
 * at_ip_tcp_set_keepalive makes the stack ask a peer that was silent for `idle_s` seconds, every `interval_s` seconds,
 * and give the connection up after `count` questions without an answer (RFC 1122, 4.2.3.6). 0, 0, 0: it does not ask.
 */
void at_ip_tcp_set_keepalive(struct at_ip_tcp *tcp, uint32_t idle_s, uint32_t interval_s, uint32_t count);

/*
 * at_ip_tcp_set_tick makes `tick` be called about every `seconds` (at most 120, 0: never) while the connection lasts:
 * the place to notice a peer that does nothing. To the half second; costs nothing between.
 */
void at_ip_tcp_set_tick(struct at_ip_tcp *tcp, unsigned seconds);

/* at_ip_tcp_local and at_ip_tcp_remote store the address of one end (unless NULL) and return its port. */
uint16_t at_ip_tcp_local(const struct at_ip_tcp *tcp, struct at_ip_address *address);
uint16_t at_ip_tcp_remote(const struct at_ip_tcp *tcp, struct at_ip_address *address);

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_IP_TCP_H */
