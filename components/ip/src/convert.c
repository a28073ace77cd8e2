/* SPDX-License-Identifier: ISC */
/* Addresses and errors, lwIP's and the kit's. */

#include <string.h>

#include "internal.h"

bool at_ip_to_lwip(ip_addr_t *to, const struct at_ip_address *from)
{
    memset(to, 0, sizeof(*to));
    switch (from->family) {
    case AT_IP_ANY: IP_SET_TYPE(to, IPADDR_TYPE_ANY); return true;
    case AT_IP_V4:
        memcpy(&ip_2_ip4(to)->addr, from->bytes, 4);
        IP_SET_TYPE(to, IPADDR_TYPE_V4);
        return true;
    case AT_IP_V6:
        memcpy(ip_2_ip6(to)->addr, from->bytes, 16);
        IP_SET_TYPE(to, IPADDR_TYPE_V6);
        ip6_addr_set_zone(ip_2_ip6(to), from->zone);
        return true;
    default: return false;
    }
}

void at_ip_from_lwip(struct at_ip_address *to, const ip_addr_t *from)
{
    memset(to, 0, sizeof(*to));
    if (IP_IS_V6_VAL(*from)) {
        to->family = AT_IP_V6;
        to->zone = ip6_addr_zone(ip_2_ip6(from));
        memcpy(to->bytes, ip_2_ip6(from)->addr, 16);
    } else if (IP_IS_V4_VAL(*from)) {
        to->family = AT_IP_V4;
        memcpy(to->bytes, &ip_2_ip4(from)->addr, 4);
    }
}

/* Those that lwIP's functions return to the glue; the rest is what its sockets would say. */
at_status at_ip_status(err_t err)
{
    switch (err) {
    case ERR_OK: return AT_OK;
    case ERR_MEM:
    case ERR_BUF: return AT_NO_MEMORY;
    case ERR_RTE: return AT_NOT_FOUND;
    case ERR_USE: return AT_EXISTS;
    case ERR_CONN:
    case ERR_RST: return AT_CLOSED;
    case ERR_ABRT: return AT_CANCELLED;
    default: return AT_INVALID;
    }
}
