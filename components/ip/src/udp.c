/* SPDX-License-Identifier: ISC */
#include <atman/ip/udp.h>

#include "internal.h"

#include "lwip/udp.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"

struct at_ip_udp {
    struct udp_pcb *pcb;
    at_ip_udp_received_fn received;
    void *user;
};

/* The socket may be closed in the callback; nothing of it is touched afterwards. */
static void on_received(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
    struct at_ip_udp *udp = arg;
    struct at_ip_address address;

    (void)pcb;
    at_ip_from_lwip(&address, from);
    udp->received(udp, udp->user, (struct at_ip_data *)p, &address, port);
}

static err_t bind_udp(struct udp_pcb *pcb, const ip_addr_t *address, uint16_t port)
{
    err_t err = ERR_USE;

    if (port != 0)
        return udp_bind(pcb, address, port);
    for (unsigned i = 0; i < AT_IP_PORT_TRIES && err == ERR_USE; i++)
        err = udp_bind(pcb, address, at_ip_random_port());
    return err;
}

at_status at_ip_udp_open(struct at_ip *ip, struct at_ip_udp **out, const struct at_ip_address *address, uint16_t port,
                         at_ip_udp_received_fn received, void *user)
{
    struct at_ip_udp *udp;
    ip_addr_t bound;
    err_t err = ERR_MEM;

    if (!at_ip_to_lwip(&bound, address))
        return AT_INVALID;
    udp = at_mm_heap_alloc(ip->config.heap, sizeof(*udp));
    if (udp == NULL)
        return AT_NO_MEMORY;
    udp->received = received;
    udp->user = user;
    at_ip_enter(ip);
    udp->pcb = udp_new_ip_type(IP_GET_TYPE(&bound));
    if (udp->pcb != NULL) {
        err = bind_udp(udp->pcb, &bound, port);
        if (err == ERR_OK)
            udp_recv(udp->pcb, on_received, udp);
        else
            udp_remove(udp->pcb);
    }
    at_ip_leave(ip);
    if (err == ERR_OK) {
        *out = udp;
        return AT_OK;
    }
    at_mm_heap_free(ip->config.heap, udp);
    return err == ERR_USE && port == 0 ? AT_NO_SPACE : at_ip_status(err);
}

at_status at_ip_udp_send(struct at_ip_udp *udp, const struct at_ip_address *to, uint16_t port, const void *bytes,
                         size_t size)
{
    struct pbuf *p;
    ip_addr_t address;
    err_t err = ERR_MEM;

    if (size > AT_IP_UDP_MAX - (to->family == AT_IP_V6 ? IP6_HLEN - IP_HLEN : 0))
        return AT_TOO_BIG;
    if (port == 0 || to->family == AT_IP_ANY || !at_ip_to_lwip(&address, to))
        return AT_INVALID;
    at_ip_enter(at_ip_the);
    p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)size, PBUF_RAM);
    if (p != NULL) {
        pbuf_take(p, bytes, (u16_t)size);
        err = udp_sendto(udp->pcb, p, &address, port);
        pbuf_free(p);
    }
    at_ip_leave(at_ip_the);
    return at_ip_status(err);
}

uint16_t at_ip_udp_port(const struct at_ip_udp *udp)
{
    return udp->pcb->local_port;
}

void at_ip_udp_close(struct at_ip_udp *udp)
{
    struct at_ip *ip = at_ip_the;

    at_ip_enter(ip);
    udp_remove(udp->pcb);
    at_ip_leave(ip);
    at_mm_heap_free(ip->config.heap, udp);
}

void at_ip_udp_fini(struct at_ip *ip)
{
    while (udp_pcbs != NULL) {
        struct udp_pcb *pcb = udp_pcbs;

        if (pcb->recv == on_received) /* lwIP has sockets of its own, for DNS */
            at_mm_heap_free(ip->config.heap, pcb->recv_arg);
        udp_remove(pcb);
    }
}
