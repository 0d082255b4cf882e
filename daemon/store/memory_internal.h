/* What memory.c, with the tables, offers to memory_turn.c, with what changes them. */
#ifndef GHOSTKEYD_STORE_MEMORY_INTERNAL_H
#define GHOSTKEYD_STORE_MEMORY_INTERNAL_H

#include "store/memory.h"

struct block {
    uint32_t len;
    char bytes[];
};

struct block *block_new(struct memory *memory, struct span record);
void block_free(struct memory *memory, struct block *block); /* NULL: nothing to do */

/* Deleted ones included. */
struct node *find_node(struct memory *memory, enum table table, struct span key);

/* One that has no record yet, of a key that is not there. */
struct node *add_node(struct memory *memory, enum table table, struct span key);
void remove_node(struct memory *memory, struct node *node);

/* Takes the record out of its entry, and out of what is counted. */
struct block *take_record(struct memory *memory, struct node *node);
void give_record(struct memory *memory, struct node *node, struct block *block);

void free_tables(struct memory *memory);

#endif
