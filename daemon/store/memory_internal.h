/* What memory.c, with the tables, offers to memory_turn.c and memory_load.c, which change them. */
#ifndef GHOSTKEYD_STORE_MEMORY_INTERNAL_H
#define GHOSTKEYD_STORE_MEMORY_INTERNAL_H

#include "store/memory.h"

#define LINE_BYTES 64 /* of the processor's cache */

struct block {
    uint32_t len;
    char bytes[];
};

struct secret_node {
    RB_ENTRY(secret_node) by_due;
    instant due;
    struct node node; /* with the key behind it */
};

static inline struct secret_node *secret_of(const struct node *node) {
    return (struct secret_node *)((char *)node - offsetof(struct secret_node, node));
}

static inline int compare_keys(const struct node *one, const struct node *other) {
    return span_compare(node_key(one), node_key(other));
}

static inline int compare_instants(instant one, instant other) {
    return (one > other) - (one < other);
}

static inline int compare_due(const struct secret_node *one, const struct secret_node *other) {
    int order = compare_instants(one->due, other->due);

    return order != 0 ? order : compare_keys(&one->node, &other->node);
}

#ifndef __unused /* sys/tree.h takes it for granted */
#define __unused __attribute__((unused))
#endif
RB_PROTOTYPE(node_tree, node, by_key, compare_keys)
RB_PROTOTYPE(due_tree, secret_node, by_due, compare_due)

/* Has the processor fetch a node, if there is one, and the begin of its key while another one is
 * looked at. */
static inline void fetch_ahead(const struct node *node) {
    if (node != NULL) {
        __builtin_prefetch(node);
        __builtin_prefetch((const char *)node + LINE_BYTES);
    }
}

struct block *block_new(struct memory *memory, enum table table, struct span record);
/* NULL: nothing to do */
void block_free(struct memory *memory, enum table table, struct block *block);

/* Where a new entry is to be linked into the tree. */
struct place {
    struct node *above; /* NULL: it is the first one */
    int order;          /* below 0: on the left, where the smaller keys are */
};

/* Deleted ones included. NULL: it is not there, and belongs at *ret_place. */
struct node *find_node(
        struct memory *memory, enum table table, struct span key, struct place *ret_place);

/* One that has no record yet, at the place where find_node() has not found it. */
struct node *add_node(
        struct memory *memory, enum table table, struct span key, const struct place *place);
void remove_node(struct memory *memory, struct node *node);

/* Takes the record out of its entry, and out of what is counted. */
struct block *take_record(struct memory *memory, struct node *node);
void give_record(struct memory *memory, struct node *node, struct block *block);

void free_tables(struct memory *memory);

#endif
