#include "broker/reader_table.h"

#include <errno.h>
#include <stdlib.h>

#define BUCKET_BITS 13
#define BUCKETS ((size_t)1 << BUCKET_BITS)
#define SWEEP_AFTER (READER_TABLE_MAX / 8) /* so many new readers */
#define HASH_FACTOR UINT64_C(0x9E3779B97F4A7C15)

struct read_secret {
    struct read_secret *next; /* in its bucket */
    struct reader_list readers;
    size_t count;
    uint32_t hash;
    uint8_t name_len;
    char name[];
};

_Static_assert(BUCKETS == READER_TABLE_MAX, "there is a bucket for each reader");

/* Its first bits depend on all of the name: the last bits of a product do not. */
static uint32_t hash_of(struct span name) {
    uint64_t hash = name.len;
    uint64_t word;

    while (name.len > 0) { /* eight bytes at once: each answer with a value comes here */
        size_t taken = name.len < sizeof(word) ? name.len : sizeof(word);

        word = 0;
        memcpy(&word, name.data, taken);
        hash = (hash ^ (hash >> 32) ^ word) * HASH_FACTOR;
        name = (struct span){name.data + taken, name.len - taken};
    }
    return (uint32_t)(hash >> 32);
}

void reader_table_init(struct reader_table *table) {
    *table = (struct reader_table){.buckets = NULL};
    TAILQ_INIT(&table->all);
}

void reader_table_deinit(struct reader_table *table) {
    reader_table_clear(table);
    free(table->buckets);
    table->buckets = NULL;
}

/* The place of the pointer to the secret, or where it belongs. */
static struct read_secret **secret_place(
        const struct reader_table *table, struct span name, uint32_t hash) {
    struct read_secret **place = &table->buckets[hash >> (32 - BUCKET_BITS)];

    while (*place != NULL &&
            ((*place)->hash != hash ||
                    !span_equals((struct span){(*place)->name, (*place)->name_len}, name))) {
        place = &(*place)->next;
    }
    return place;
}

static void drop_secret(struct reader_table *table, struct read_secret *secret) {
    struct read_secret **place =
            secret_place(table, (struct span){secret->name, secret->name_len}, secret->hash);

    *place = secret->next;
    free(secret);
}

/* Drops it, and its secret if that has no other. */
static void drop(struct reader_table *table, struct reader *reader) {
    struct read_secret *secret = reader->secret;

    TAILQ_REMOVE(&table->all, reader, of_all);
    TAILQ_REMOVE(&secret->readers, reader, of_secret);
    table->count -= 1;
    secret->count -= 1;
    (void)peer_unref(reader->peer);
    free(reader);
    if (secret->count == 0) {
        drop_secret(table, secret);
    }
}

void reader_table_clear(struct reader_table *table) {
    while (!TAILQ_EMPTY(&table->all)) {
        drop(table, TAILQ_FIRST(&table->all));
    }
    table->added = 0;
}

/* Drops the readers of all secrets whose processes are gone. */
static void sweep(struct reader_table *table) {
    struct reader *reader = TAILQ_FIRST(&table->all);
    const struct peer *asked = NULL; /* neighbours are often of one peer */
    bool is_gone = false;

    table->added = 0;
    while (reader != NULL) {
        struct reader *next = TAILQ_NEXT(reader, of_all);

        is_gone = reader->peer == asked ? is_gone : peer_is_gone(reader->peer);
        asked = next != NULL && next->peer == reader->peer ? reader->peer : NULL;
        if (is_gone) {
            drop(table, reader);
        }
        reader = next;
    }
}

/* Drops those of the secret's readers of which has_ended() says so. The secret may go with them. */
static void drop_ended(struct reader_table *table, struct read_secret *secret,
        bool (*has_ended)(const struct peer *peer)) {
    struct reader *reader = TAILQ_FIRST(&secret->readers);

    while (reader != NULL) {
        struct reader *next = TAILQ_NEXT(reader, of_secret);

        if (has_ended(reader->peer)) {
            drop(table, reader);
        }
        reader = next;
    }
}

/* Makes room for one more reader of that secret, which may have none afterwards. */
static void make_room(struct reader_table *table, struct span name, uint32_t hash) {
    struct read_secret *secret = *secret_place(table, name, hash);

    if (secret != NULL && secret->count >= READER_TABLE_OF_SECRET_MAX) {
        drop_ended(table, secret, peer_is_gone);
        secret = *secret_place(table, name, hash);
    }
    if (secret != NULL && secret->count >= READER_TABLE_OF_SECRET_MAX) {
        drop(table, TAILQ_LAST(&secret->readers, reader_list));
    }
    if (table->count >= READER_TABLE_MAX && table->added >= SWEEP_AFTER) {
        sweep(table);
    }
    if (table->count >= READER_TABLE_MAX) {
        drop(table, TAILQ_LAST(&table->all, reader_list));
    }
}

/* The secret of that name, which is made if it has no readers yet. NULL: there is no memory */
static struct read_secret *take_secret(
        struct reader_table *table, struct span name, uint32_t hash) {
    struct read_secret **place = secret_place(table, name, hash);
    struct read_secret *secret = *place;

    if (secret != NULL) {
        return secret;
    }
    secret = malloc(sizeof(*secret) + name.len);
    if (secret == NULL) {
        return NULL;
    }
    *secret = (struct read_secret){.hash = hash, .name_len = (uint8_t)name.len};
    TAILQ_INIT(&secret->readers);
    memcpy(secret->name, name.data, name.len);
    *place = secret;
    return secret;
}

/* NULL: there is no memory */
static struct reader *add(
        struct reader_table *table, const struct value_read *read, uint32_t hash) {
    struct read_secret *secret;
    struct reader *reader;

    make_room(table, read->name, hash);
    secret = take_secret(table, read->name, hash);
    if (secret == NULL) {
        return NULL;
    }
    reader = malloc(sizeof(*reader));
    if (reader == NULL) {
        if (secret->count == 0) {
            drop_secret(table, secret);
        }
        return NULL;
    }
    *reader = (struct reader){.secret = secret, .peer = peer_ref(read->peer), .api = read->api};
    TAILQ_INSERT_HEAD(&table->all, reader, of_all);
    TAILQ_INSERT_HEAD(&secret->readers, reader, of_secret);
    table->count += 1;
    table->added += 1;
    secret->count += 1;
    return reader;
}

static struct reader *find(const struct read_secret *secret, const struct value_read *read) {
    struct reader *reader;

    TAILQ_FOREACH(reader, &secret->readers, of_secret) {
        if (reader->api == read->api &&
                (reader->peer == read->peer || peer_equals(reader->peer, read->peer))) {
            return reader;
        }
    }
    return NULL;
}

/* It read last of all. */
static void move_to_front(struct reader_table *table, struct reader *reader) {
    struct read_secret *secret = reader->secret;

    if (TAILQ_FIRST(&table->all) != reader) {
        TAILQ_REMOVE(&table->all, reader, of_all);
        TAILQ_INSERT_HEAD(&table->all, reader, of_all);
    }
    if (TAILQ_FIRST(&secret->readers) != reader) {
        TAILQ_REMOVE(&secret->readers, reader, of_secret);
        TAILQ_INSERT_HEAD(&secret->readers, reader, of_secret);
    }
}

int reader_table_note(struct reader_table *table, const struct value_read *read) {
    uint32_t hash = hash_of(read->name);
    struct read_secret *secret;
    struct reader *reader;

    if (table->buckets == NULL) {
        table->buckets = calloc(BUCKETS, sizeof(table->buckets[0]));
    }
    if (table->buckets == NULL) {
        return -ENOMEM;
    }
    secret = *secret_place(table, read->name, hash);
    reader = secret != NULL ? find(secret, read) : NULL;
    if (reader != NULL) {
        move_to_front(table, reader);
    } else {
        reader = add(table, read, hash);
    }
    if (reader == NULL) {
        return -ENOMEM;
    }
    if (reader->peer != read->peer) { /* another connection of it, which was seen later */
        (void)peer_unref(reader->peer);
        reader->peer = peer_ref(read->peer);
    }
    reader->version = read->version;
    reader->revision = read->revision;
    reader->at = read->at;
    reader->reads += 1;
    return 0;
}

const struct reader_list *reader_table_find(struct reader_table *table, struct span name) {
    uint32_t hash = hash_of(name);
    struct read_secret *secret = table->buckets != NULL ? *secret_place(table, name, hash) : NULL;

    if (secret == NULL) {
        return NULL;
    }
    drop_ended(table, secret, peer_has_ended);
    secret = *secret_place(table, name, hash);
    return secret != NULL ? &secret->readers : NULL;
}
