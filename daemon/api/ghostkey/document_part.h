/* A part of a document: an object whose members are the things that are wanted, by their names. */
#ifndef GHOSTKEYD_API_GHOSTKEY_DOCUMENT_PART_H
#define GHOSTKEYD_API_GHOSTKEY_DOCUMENT_PART_H

#include "common/buffer.h"
#include "common/json_reader.h"

struct body;

/* One member of a part. */
struct document_entry {
    struct span name;
    struct json_reader_value value;
    bool is_repeated; /* an entry before it has the same name */
};

struct document_part {
    bool is_given;
    struct buffer entries; /* struct document_entry, in byte order of names */
    size_t count;
};

void document_part_deinit(struct document_part *part);

/* The member `name` of the document. GK_E_BAD_REQUEST: it is no object, or was given before. */
int document_part_read(struct body *body, const char *name, const struct json_reader_value *value,
        struct document_part *part);

static inline struct document_entry *document_part_entries(const struct document_part *part) {
    return (struct document_entry *)part->entries.data;
}

/* The entries in the order in which the text has them; NULL if there are none. free() them. */
int document_part_in_place(
        const struct document_part *part, const struct document_entry ***ret_places);

/* Whether a `const struct document_part *` has an entry of that name. */
bool document_part_names(const void *part, struct span name);

/* What was done for a part. Each list is names in JSON, in byte order, without brackets. */
struct document_lists {
    struct buffer made;
    struct buffer changed;
    struct buffer deleted;
};

void document_lists_deinit(struct document_lists *lists);
int document_lists_finish(struct document_lists *lists);
void document_list_add(struct buffer *list, struct span name);

/* The same for a `struct document_lists *` and its list of what is deleted. */
void document_lists_add_deleted(void *lists, struct span name);

#endif
