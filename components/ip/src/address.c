/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "internal.h"

at_status at_ip_address_parse(struct at_ip_address *address, const char *text)
{
    ip_addr_t parsed;

    /* lwIP takes what stands before a blank for the whole. */
    if (strpbrk(text, " \t\n\v\f\r") != NULL || !ipaddr_aton(text, &parsed))
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
