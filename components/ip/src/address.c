/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "internal.h"

#define DIGITS "0123456789abcdefABCDEF"

at_status at_ip_address_parse(struct at_ip_address *address, const char *text)
{
    bool is_v6 = strchr(text, ':') != NULL;
    ip_addr_t parsed;

    /* lwIP takes what stands before a blank for the whole; of IPv6, before whatever is no part of an address. */
    if (text[strspn(text, is_v6 ? DIGITS ":." : DIGITS ".xX")] != '\0' || !ipaddr_aton(text, &parsed))
        return AT_INVALID;
    at_ip_from_lwip(address, &parsed);
    return AT_OK;
}

char *at_ip_address_format(char text[AT_IP_ADDRESS_TEXT], const struct at_ip_address *address)
{
    ip_addr_t value;

    if (address->family == AT_IP_ANY || !at_ip_to_lwip(&value, address))
        return strcpy(text, "*");
    return ipaddr_ntoa_r(&value, text, AT_IP_ADDRESS_TEXT);
}
