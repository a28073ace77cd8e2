/* SPDX-License-Identifier: ISC */
/* TCP's event face: callbacks of lwIP's on their way to the user, and the calls of a connection. */

#include <atman/ip/tcp.h>

#include <string.h>

#include "internal.h"
#include "tcp.h"

#include "lwip/priv/tcp_priv.h"

/* The user has gone: the object stays until the callback that it is in returns. */
static void forget(struct at_ip_tcp *tcp)
{
    tcp->pcb = NULL;
    if (!tcp->in_callback)
        at_mm_heap_free(at_ip_the->config.heap, tcp);
}

/* Ends a callback. Returns what lwIP must be told: ERR_ABRT when its control block was freed meanwhile. */
static err_t end_callback(struct at_ip_tcp *tcp)
{
    bool is_aborted = tcp->aborted;

    tcp->in_callback = false;
    if (tcp->pcb == NULL)
        at_mm_heap_free(at_ip_the->config.heap, tcp);
    return is_aborted ? ERR_ABRT : ERR_OK;
}

/* lwIP need not look at it any more: it has, or the control block goes. */
static void forget_unsent(struct at_ip_tcp *tcp)
{
    if (tcp->is_unsent)
        at_list_remove(&tcp->unsent);
    tcp->is_unsent = false;
}

/*
 * Has lwIP send what was written: in the engine's batch now; from outside in the next one, together with what the same
 * thread writes before it gives way. So an answer and the end behind it are one segment, and not two with two
 * acknowledgements.
 */
static void send_soon(struct at_ip_tcp *tcp)
{
    if (at_ip_is_in_batch()) {
        tcp_output(tcp->pcb); /* in a callback of this connection's it waits for the callback's end */
    } else if (!tcp->is_unsent) {
        tcp->is_unsent = true;
        at_list_push_back(&at_ip_the->unsent, &tcp->unsent);
    }
}

void at_ip_tcp_send_unsent(struct at_ip *ip)
{
    struct at_list_node *node;

    while ((node = at_list_first(&ip->unsent)) != NULL) {
        struct at_ip_tcp *tcp = AT_CONTAINER_OF(node, struct at_ip_tcp, unsent);

        forget_unsent(tcp);
        tcp_output(tcp->pcb);
    }
}

/* Takes the user's callbacks off the control block, which lwIP brings to its end by itself. */
static struct tcp_pcb *detach(struct at_ip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;

    forget_unsent(tcp);
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
    return pcb;
}

/*
 * Both have finished, and of the user's bytes lwIP needs none any more: what is left is its business, and it would not
 * say when it frees the control block.
 */
static void complete(struct at_ip_tcp *tcp)
{
    if (tcp->pcb == NULL || !tcp->completes || tcp->pcb->snd_buf < TCP_SND_BUF)
        return;
    detach(tcp);
    tcp->pcb = NULL;
    tcp->events->closed(tcp, tcp->user, AT_OK);
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    struct at_ip_tcp *tcp = arg;

    (void)pcb;
    (void)err;
    tcp->in_callback = true;
    if (p != NULL)
        tcp->events->received(tcp, tcp->user, (struct at_ip_data *)p);
    else if (tcp->events->finished != NULL)
        tcp->events->finished(tcp, tcp->user);
    tcp->completes = p == NULL && tcp->finishing;
    complete(tcp);
    return end_callback(tcp);
}

/* There may be memory again for who was refused. */
static void relieve(struct at_ip_tcp *tcp)
{
    if (tcp->is_starved && !tcp->ticks)
        tcp_poll(tcp->pcb, NULL, 0);
    tcp->is_starved = false;
}

err_t at_ip_tcp_on_sent(void *arg, struct tcp_pcb *pcb, u16_t size)
{
    struct at_ip_tcp *tcp = arg;

    (void)pcb;
    at_ip_segment_tune(tcp);
    relieve(tcp);
    tcp->in_callback = true;
    if (tcp->events->sent != NULL)
        tcp->events->sent(tcp, tcp->user, size);
    complete(tcp);
    return end_callback(tcp);
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
    struct at_ip_tcp *tcp = arg;
    bool was_starved = tcp->is_starved;

    (void)pcb;
    tcp->in_callback = true;
    relieve(tcp);
    if (was_starved && tcp->events->sent != NULL) /* the owner may be another by now */
        tcp->events->sent(tcp, tcp->user, 0);
    if (tcp->ticks && tcp->pcb != NULL)
        tcp->events->tick(tcp, tcp->user);
    return end_callback(tcp);
}

/* If nothing is on its way whose acknowledgement would tell the user to try again, a timer does. */
static void starve(struct at_ip_tcp *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;

    if (tcp->events->sent == NULL)
        return;
    tcp->is_starved = true;
    if (pcb->snd_buf == TCP_SND_BUF && !tcp->ticks)
        tcp_poll(pcb, on_poll, 1);
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    struct at_ip_tcp *tcp = arg;

    (void)pcb;
    (void)err;
    tcp->connecting = false;
    if (tcp->events->connected == NULL)
        return ERR_OK;
    tcp->in_callback = true;
    tcp->events->connected(tcp, tcp->user);
    return end_callback(tcp);
}

/* lwIP frees the control block by itself, before or after. */
static void on_error(void *arg, err_t err)
{
    struct at_ip_tcp *tcp = arg;
    at_status why = err == ERR_CLSD ? AT_OK : at_ip_status(err);

    if (tcp->connecting && err == ERR_RST)
        why = AT_DENIED;
    else if (err == ERR_ABRT)
        why = at_ip_the->removing ? AT_CANCELLED : AT_TIMED_OUT;
    tcp->in_callback = true;
    tcp->pcb = NULL;
    forget_unsent(tcp);
    tcp->events->closed(tcp, tcp->user, why);
    end_callback(tcp);
}

struct at_ip_tcp *at_ip_tcp_wrap(struct tcp_pcb *pcb, const struct at_ip_tcp_events *events, void *user)
{
    struct at_ip_tcp *tcp = at_ip_alloc(at_ip_the, sizeof(*tcp));

    if (tcp == NULL)
        return NULL;
    *tcp = (struct at_ip_tcp){.pcb = pcb, .events = events, .user = user};
    tcp_arg(pcb, tcp);
    tcp_recv(pcb, on_received);
    tcp_sent(pcb, at_ip_tcp_on_sent);
    tcp_err(pcb, on_error);
    return tcp;
}

err_t at_ip_tcp_accept(struct tcp_pcb *pcb, at_ip_tcp_accepted_fn accepted, void *user)
{
    struct at_ip_tcp *tcp = at_ip_tcp_wrap(pcb, NULL, NULL);

    if (tcp == NULL)
        return ERR_MEM;
    tcp->in_callback = true;
    accepted(tcp, user);
    AT_ASSERT(tcp->pcb == NULL || tcp->events != NULL); /* the user owns it, or has aborted it */
    return end_callback(tcp);
}

err_t at_ip_tcp_start(struct at_ip_tcp *tcp, const ip_addr_t *address, uint16_t port)
{
    tcp->connecting = true;
    return tcp_connect(tcp->pcb, address, port, on_connected);
}

void at_ip_tcp_own(struct at_ip_tcp *tcp, const struct at_ip_tcp_events *events, void *user)
{
    tcp->events = events;
    tcp->user = user;
}

/*
 * lwIP puts what is written into the last segment that waits, and asserts that this, with the room that was left in it,
 * is no larger than what it would make now: the MSS at most, and half of the largest window that there was. It may be
 * larger if the peer's window was shut before and has opened by little, or if it waited for a peer whose SYN names a
 * small MSS.
 */
static bool is_last_too_large(const struct tcp_pcb *pcb)
{
    uint32_t most = pcb->snd_wnd_max < 2 ? pcb->mss : LWIP_MIN(pcb->mss, pcb->snd_wnd_max / 2);
    const struct tcp_seg *last = pcb->unsent;

    if (last == NULL || most >= TCP_MSS)
        return false;
    if ((pcb->flags & TF_TIMESTAMP) != 0)
        most = LWIP_MAX(most, LWIP_TCP_OPT_LEN_TS + 1);
    while (last->next != NULL)
        last = last->next;
    return (unsigned)(last->len + (LWIP_TCP_OPT_LENGTH(last->flags)) + pcb->unsent_oversize) > most;
}

static bool may_write(const struct at_ip_tcp *tcp)
{
    return at_ip_segment_may_write(tcp) && !is_last_too_large(tcp->pcb);
}

at_status at_ip_tcp_write(struct at_ip_tcp *tcp, size_t *taken, const void *bytes, size_t size, unsigned flags)
{
    struct tcp_pcb *pcb = tcp->pcb;
    u8_t options = (flags & AT_IP_TCP_IN_PLACE) != 0 ? 0 : TCP_WRITE_FLAG_COPY;
    err_t err = ERR_OK;

    *taken = 0;
    if (pcb == NULL)
        return AT_CLOSED;
    at_ip_enter(at_ip_the);
    while (*taken < size && err == ERR_OK && may_write(tcp)) {
        size_t part = size - *taken;
        u8_t more = 0;

        if (part > tcp_sndbuf(pcb))
            part = tcp_sndbuf(pcb); /* which lwIP says in 16 bits */
        if (part == 0)
            break;
        if ((flags & AT_IP_TCP_MORE) != 0 || *taken + part < size)
            more = TCP_WRITE_FLAG_MORE;
        err = tcp_write(pcb, (const uint8_t *)bytes + *taken, (u16_t)part, options | more);
        if (err == ERR_OK)
            *taken += part;
    }
    if (err == ERR_MEM)
        starve(tcp);
    if ((flags & AT_IP_TCP_MORE) == 0 || *taken < size)
        send_soon(tcp);
    at_ip_leave(at_ip_the);
    if (err != ERR_OK && err != ERR_MEM)
        return AT_CLOSED;
    return *taken == size ? AT_OK : AT_AGAIN;
}

size_t at_ip_tcp_room(const struct at_ip_tcp *tcp)
{
    if (tcp->pcb == NULL || tcp->is_starved || tcp_sndqueuelen(tcp->pcb) >= TCP_SND_QUEUELEN || !may_write(tcp))
        return 0;
    return tcp_sndbuf(tcp->pcb);
}

void at_ip_tcp_consumed(struct at_ip_tcp *tcp, size_t size)
{
    if (tcp->pcb == NULL)
        return;
    at_ip_enter(at_ip_the);
    while (size > 0) {
        u16_t part = (u16_t)(size < UINT16_MAX ? size : UINT16_MAX);

        tcp_recved(tcp->pcb, part);
        size -= part;
    }
    at_ip_leave(at_ip_the);
}

at_status at_ip_tcp_finish(struct at_ip_tcp *tcp)
{
    err_t err;

    if (tcp->pcb == NULL || tcp->connecting)
        return AT_CLOSED;
    at_ip_enter(at_ip_the);
    err = tcp_shutdown(tcp->pcb, 0, 1); /* fails when it was called before */
    tcp->finishing = true;
    at_ip_leave(at_ip_the);
    return at_ip_status(err);
}

void at_ip_tcp_close(struct at_ip_tcp *tcp)
{
    if (tcp->pcb == NULL)
        return;
    at_ip_enter(at_ip_the);
    tcp_close(detach(tcp)); /* never fails: without memory for the FIN it is sent later */
    at_ip_leave(at_ip_the);
    forget(tcp);
}

void at_ip_tcp_abort(struct at_ip_tcp *tcp)
{
    if (tcp->pcb == NULL)
        return;
    at_ip_enter(at_ip_the);
    tcp_abort(detach(tcp));
    tcp->aborted = true;
    at_ip_leave(at_ip_the);
    forget(tcp);
}

void at_ip_tcp_set_delay(struct at_ip_tcp *tcp, bool delay)
{
    if (tcp->pcb == NULL)
        return;
    if (delay)
        tcp_nagle_enable(tcp->pcb);
    else
        tcp_nagle_disable(tcp->pcb);
}

void at_ip_tcp_set_keepalive(struct at_ip_tcp *tcp, uint32_t idle_s, uint32_t interval_s, uint32_t count)
{
    struct tcp_pcb *pcb = tcp->pcb;

    if (pcb == NULL)
        return;
    if (idle_s == 0) {
        ip_reset_option(pcb, SOF_KEEPALIVE);
        return;
    }
    pcb->keep_idle = idle_s * 1000;
    pcb->keep_intvl = interval_s * 1000;
    pcb->keep_cnt = count;
    ip_set_option(pcb, SOF_KEEPALIVE);
}

void at_ip_tcp_set_tick(struct at_ip_tcp *tcp, unsigned seconds)
{
    AT_ASSERT(seconds <= 120);
    if (tcp->pcb == NULL || (seconds != 0 && tcp->events->tick == NULL))
        return;
    at_ip_enter(at_ip_the);
    tcp->ticks = seconds != 0;
    if (tcp->ticks)
        tcp_poll(tcp->pcb, on_poll, (u8_t)(seconds * 2));
    else if (tcp->is_starved)
        tcp_poll(tcp->pcb, on_poll, 1);
    else
        tcp_poll(tcp->pcb, NULL, 0);
    at_ip_leave(at_ip_the);
}

uint16_t at_ip_tcp_local(const struct at_ip_tcp *tcp, struct at_ip_address *address)
{
    if (tcp->pcb == NULL)
        return 0;
    if (address != NULL)
        at_ip_from_lwip(address, &tcp->pcb->local_ip);
    return tcp->pcb->local_port;
}

uint16_t at_ip_tcp_remote(const struct at_ip_tcp *tcp, struct at_ip_address *address)
{
    if (tcp->pcb == NULL)
        return 0;
    if (address != NULL)
        at_ip_from_lwip(address, &tcp->pcb->remote_ip);
    return tcp->pcb->remote_port;
}
