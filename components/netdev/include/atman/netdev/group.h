/* SPDX-License-Identifier: ISC */
#ifndef ATMAN_NETDEV_GROUP_H
#define ATMAN_NETDEV_GROUP_H

/* Which groups' frames a device that filters is to deliver. Beside netdev.h, for whoever joins groups. */

#include <stdint.h>

#include <atman/base/status.h>
#include <atman/netdev/netdev.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * at_netdev_group_join asks for the frames to a group, an Ethernet address whose first byte is odd: a device that
 * filters (info's `group` is not NULL) delivers those to its own address, those to all, and those to groups that were
 * joined. Whoever speaks IPv6 joins the groups of its neighbours' questions as well (33:33:ff:..., 33:33:00:00:00:01).
 * A group may be joined several times. at_netdev_group_leave takes one of them back. The peer may learn of it with the
 * next at_netdev_flush(), or later if there is no room for it now: frames that come meanwhile are missing, or too many.
 * Never block.
 *
 * Return AT_OK; AT_UNSUPPORTED the device does not filter: it delivers everything; AT_INVALID no group's address;
 * AT_NO_SPACE (join) the device knows as many as it can; AT_NOT_FOUND (leave) it was not joined; AT_PROTOCOL or
 * AT_CLOSED as at_netdev_recv().
 */
static inline at_status at_netdev_group_join(struct at_netdev dev, const uint8_t mac[AT_NETDEV_MAC_SIZE])
{
    const struct at_netdev_info *info = at_netdev_info(dev);

    return info->group == NULL ? AT_UNSUPPORTED : info->group(dev.ctx, mac, true);
}
static inline at_status at_netdev_group_leave(struct at_netdev dev, const uint8_t mac[AT_NETDEV_MAC_SIZE])
{
    const struct at_netdev_info *info = at_netdev_info(dev);

    return info->group == NULL ? AT_UNSUPPORTED : info->group(dev.ctx, mac, false);
}

#ifdef __cplusplus
}
#endif

#endif /* ATMAN_NETDEV_GROUP_H */
