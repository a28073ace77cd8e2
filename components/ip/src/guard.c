/* SPDX-License-Identifier: ISC */
/*
 * What lwIP's TCP lets pass and RFC 5961 does not: segments of somebody who sees nothing of the connection and guesses.
 * lwIP calls here when it has found whose segment it is, and before it acts on it.
 */

#include "guard.h"

#include <string.h>

#include "lwip_hooks.h"
#include "lwip/priv/tcp_priv.h"

/* Challenges in a second: at least so many, and a random number below CHALLENGES_MORE. A fixed number would tell who
 * counts them whether a guess was right (CVE-2016-5696). */
#define CHALLENGES 50u
#define CHALLENGES_MORE 100u

const uint8_t *at_ip_arrival_option(const struct at_ip_arrival *arrival, unsigned kind, unsigned size)
{
    const uint8_t *option = arrival->options, *end = option + arrival->options_size;

    while (option < end && *option != LWIP_TCP_OPT_EOL) {
        if (*option == LWIP_TCP_OPT_NOP) {
            option++;
            continue;
        }
        if (end - option < 2 || option[1] < 2 || option[1] > end - option)
            return NULL;
        if (option[0] == kind && option[1] == size)
            return option + 2;
        option += option[1];
    }
    return NULL;
}

/* RFC 5961, 3.2, 4.2, 5.2, and the limit of 7: asks the peer what it thinks. Who only guessed does not see it. */
static bool challenge(struct tcp_pcb *pcb)
{
    struct at_ip *ip = at_ip_the;
    uint64_t second = ip->now_ns / (1000 * AT_IP_MS);

    if (ip->challenge_second != second) {
        ip->challenge_second = second;
        ip->challenges = CHALLENGES + at_ip_random() % CHALLENGES_MORE;
    }
    if (ip->challenges > 0) {
        ip->challenges--;
        tcp_send_empty_ack(pcb);
    }
    return false;
}

static bool may_belong(struct tcp_pcb *pcb, const struct at_ip_arrival *arrival)
{
    uint32_t seqno = arrival->header->seqno;

    if (pcb->state < SYN_RCVD || pcb->state == TIME_WAIT)
        return true;
    if ((arrival->flags & TCP_RST) != 0) {
        if (seqno == pcb->rcv_nxt)
            return true;
        return seqno - pcb->rcv_nxt < pcb->rcv_wnd ? challenge(pcb) : false;
    }
    if ((arrival->flags & TCP_SYN) != 0) {
        bool is_again = pcb->state == SYN_RCVD && seqno + 1 == pcb->rcv_nxt && (arrival->flags & TCP_ACK) == 0;

        return is_again ? true : challenge(pcb);
    }
    if ((arrival->flags & TCP_ACK) == 0)
        return false;
    /* lwIP takes the data of a segment whatever it acknowledges. To a half-open connection's it looks itself. */
    if (pcb->state != SYN_RCVD &&
        pcb->snd_nxt - arrival->header->ackno > pcb->snd_nxt - pcb->lastack + pcb->snd_wnd_max)
        return challenge(pcb);
    return true;
}

/* For a listener: not what belongs to a connection that is over; and SYN cookies. */
static bool may_connect(struct tcp_pcb *pcb, const struct at_ip_arrival *arrival, struct pbuf *p)
{
    struct at_ip *ip = at_ip_the;

    if (!at_ip_time_wait_pass(ip, arrival) || !at_ip_cookie_pass(ip, arrival, p))
        return false;
    if ((arrival->flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_SYN)
        at_ip_cookie_offer(ip, (struct tcp_pcb_listen *)pcb, arrival);
    return true;
}

/* lwIP takes an MSS from any segment, also one that makes what waits to be sent too large for its assertions. RFC 9293,
 * 3.7.1: it is a SYN's. The bytes are the stack's own (rx.c). */
static void hide_mss(const struct at_ip_arrival *arrival)
{
    const uint8_t *option;

    while ((option = at_ip_arrival_option(arrival, LWIP_TCP_OPT_MSS, LWIP_TCP_OPT_LEN_MSS)) != NULL)
        memset((uint8_t *)(uintptr_t)option - 2, LWIP_TCP_OPT_NOP, LWIP_TCP_OPT_LEN_MSS);
}

err_t at_ip_tcp_arrived(struct tcp_pcb *pcb, const struct tcp_hdr *header, unsigned options_size, unsigned options_here,
                        struct pbuf *p)
{
    struct at_ip_arrival arrival = {
        .header = header,
        .options = (const uint8_t *)(header + 1),
        .options_size = options_size,
        .length = p->tot_len,
        .flags = (uint8_t)TCPH_FLAGS(header),
    };
    bool passes;

    if (options_size != options_here) /* a fragment ends among them, which no honest MTU makes (RFC 791, 3.2) */
        return ERR_VAL;
    passes = pcb->state == LISTEN ? may_connect(pcb, &arrival, p) : may_belong(pcb, &arrival);
    if ((arrival.flags & TCP_SYN) == 0)
        hide_mss(&arrival);
    return passes ? ERR_OK : ERR_VAL;
}

void at_ip_tcp_delivered(struct at_ip *ip)
{
    at_ip_cookie_forget(ip);
    at_ip_time_wait_take(ip);
}
