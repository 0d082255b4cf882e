/* What memory.c, with the tables, offers to memory_turn.c, with what changes them. */
#ifndef GHOSTKEYD_STORE_MEMORY_INTERNAL_H
#define GHOSTKEYD_STORE_MEMORY_INTERNAL_H

#include "store/memory.h"

struct block {
    uint32_t len;
    char bytes[];
};

struct block *block_new(struct memory *memory, enum table table, struct span record);
/* NULL: nothing to do */
void block_free(struct memory *memory, enum table table, struct block *block);

/* Where an entry that is not there is to hang. */
struct place {
    struct node *above; /* NULL: it is the first one */
    int order;          /* below 0: on the left, where the smaller keys are */
};

/* Deleted ones included. NULL: it is not there, and is to hang at *ret_place. */
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
