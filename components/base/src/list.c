/* SPDX-License-Identifier: ISC */
#include <atman/base/list.h>

#include <atman/base/panic.h>

void at_list_init(struct at_list *list)
{
    list->head.next = &list->head;
    list->head.prev = &list->head;
}

void at_list_insert_before(struct at_list_node *place, struct at_list_node *node)
{
    struct at_list_node *prev = place->prev;

    AT_ASSERT(!at_list_is_linked(node) && prev && prev->next == place);
    node->next = place;
    node->prev = prev;
    prev->next = node;
    place->prev = node;
}

void at_list_push_back(struct at_list *list, struct at_list_node *node)
{
    at_list_insert_before(&list->head, node);
}

void at_list_push_front(struct at_list *list, struct at_list_node *node)
{
    at_list_insert_before(list->head.next, node);
}

void at_list_remove(struct at_list_node *node)
{
    AT_ASSERT(at_list_is_linked(node) && node->next->prev == node && node->prev->next == node);
    node->prev->next = node->next;
    node->next->prev = node->prev;
    node->next = NULL;
    node->prev = NULL;
}

struct at_list_node *at_list_pop_front(struct at_list *list)
{
    struct at_list_node *first = at_list_first(list);

    if (first)
        at_list_remove(first);
    return first;
}
