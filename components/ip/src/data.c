/* SPDX-License-Identifier: ISC */
/* Received bytes: lwIP's pbufs by another name. */

#include <atman/ip/data.h>

#include "internal.h"

static struct pbuf *chain_of(const struct at_ip_data *data)
{
    return (struct pbuf *)(uintptr_t)data;
}

size_t at_ip_data_size(const struct at_ip_data *data)
{
    return chain_of(data)->tot_len;
}

int at_ip_data_piece(const struct at_ip_data *data, const void **place, struct at_span *piece)
{
    const struct pbuf *p = *place == NULL ? chain_of(data) : ((const struct pbuf *)*place)->next;

    while (p != NULL && p->len == 0)
        p = p->next;
    if (p == NULL)
        return 0;
    *place = p;
    *piece = at_span_of(p->payload, p->len);
    return 1;
}

size_t at_ip_data_copy(const struct at_ip_data *data, size_t offset, void *out, size_t size)
{
    if (offset >= chain_of(data)->tot_len)
        return 0;
    return pbuf_copy_partial(chain_of(data), out, (u16_t)(size < UINT16_MAX ? size : UINT16_MAX), (u16_t)offset);
}

void at_ip_data_free(struct at_ip_data *data)
{
    at_ip_enter(at_ip_the);
    pbuf_free(chain_of(data));
    at_ip_leave(at_ip_the);
}
