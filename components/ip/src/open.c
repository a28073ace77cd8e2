/* SPDX-License-Identifier: ISC */
/* How TCP connections come about: listeners, and connecting. */

#include <string.h>

#include "internal.h"
#include "tcp.h"

struct at_ip_tcp_listener {
    struct tcp_pcb *pcb;
    at_ip_tcp_accepted_fn accepted;
    void *user;
};

static err_t on_accepted(void *arg, struct tcp_pcb *pcb, err_t err)
{
    const struct at_ip_tcp_listener *listener = arg;

    (void)err;
    if (pcb == NULL) /* there was no memory for it */
        return ERR_VAL;
    return at_ip_tcp_accept(pcb, listener->accepted, listener->user);
}

static at_status listen_on(struct at_ip_tcp_listener *listener, const ip_addr_t *address, uint16_t port,
                           unsigned backlog)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(address)), *listening;
    err_t err;

    if (pcb == NULL)
        return AT_NO_MEMORY;
    ip_set_option(pcb, SOF_REUSEADDR); /* only other listeners are in the way, not what is left of connections */
    err = tcp_bind(pcb, address, port);
    if (err == ERR_OK) {
        listening = tcp_listen_with_backlog_and_err(pcb, (u8_t)backlog, &err);
        if (listening != NULL) {
            listener->pcb = listening;
            tcp_arg(listening, listener);
            tcp_accept(listening, on_accepted);
            return AT_OK;
        }
    }
    tcp_abort(pcb);
    return at_ip_status(err);
}

at_status at_ip_tcp_listen(struct at_ip *ip, struct at_ip_tcp_listener **out, const struct at_ip_address *address,
                           uint16_t port, unsigned backlog, at_ip_tcp_accepted_fn accepted, void *user)
{
    struct at_ip_tcp_listener *listener;
    ip_addr_t bound;
    at_status status;

    if (port == 0 || backlog == 0 || backlog > 255 || !at_ip_to_lwip(&bound, address))
        return AT_INVALID;
    listener = at_mm_heap_alloc(ip->config.heap, sizeof(*listener));
    if (listener == NULL)
        return AT_NO_MEMORY;
    listener->accepted = accepted;
    listener->user = user;
    at_ip_enter(ip);
    status = listen_on(listener, &bound, port, backlog);
    at_ip_leave(ip);
    if (status == AT_OK)
        *out = listener;
    else
        at_mm_heap_free(ip->config.heap, listener);
    return status;
}

void at_ip_tcp_listener_close(struct at_ip_tcp_listener *listener)
{
    struct at_ip *ip = at_ip_the;

    at_ip_enter(ip);
    tcp_close(listener->pcb);
    at_ip_leave(ip);
    at_mm_heap_free(ip->config.heap, listener);
}

/* To no address: that of its family, since lwIP looks at nothing of the other's for whether the port is in use. */
static err_t bind_at_random(struct tcp_pcb *pcb)
{
    err_t err = ERR_USE;

    for (unsigned i = 0; i < AT_IP_PORT_TRIES && err == ERR_USE; i++)
        err = tcp_bind(pcb, &pcb->local_ip, at_ip_random_port());
    return err;
}

at_status at_ip_tcp_connect(struct at_ip *ip, struct at_ip_tcp **out, const struct at_ip_address *address,
                            uint16_t port, const struct at_ip_tcp_events *events, void *user)
{
    struct at_ip_tcp *tcp = NULL;
    struct tcp_pcb *pcb;
    ip_addr_t remote;
    err_t err = ERR_MEM;

    if (port == 0 || address->family == AT_IP_ANY || !at_ip_to_lwip(&remote, address))
        return AT_INVALID;
    at_ip_enter(ip);
    pcb = tcp_new_ip_type(IP_GET_TYPE(&remote));
    if (pcb != NULL) {
        err = bind_at_random(pcb);
        if (err == ERR_OK)
            tcp = at_ip_tcp_wrap(pcb, events, user);
        if (tcp != NULL)
            err = at_ip_tcp_start(tcp, &remote, port);
        else if (err == ERR_OK)
            err = ERR_MEM;
        if (err == ERR_OK)
            *out = tcp;
        else if (tcp != NULL)
            at_ip_tcp_abort(tcp);
        else
            tcp_abort(pcb);
    }
    at_ip_leave(ip);
    return err == ERR_USE ? AT_NO_SPACE : at_ip_status(err);
}
