#include "api/ghostkey/request_plain.h"

#include "common/cleanup.h"
#include <string.h>

#define DEPTH_MAX 3 /* of objects in each other: a body with its policy or labels has two */
#define KEY_MAX_BYTES 64
#define DIGITS_MAX 18 /* which an int64_t holds, whatever they are */

struct reader {
    const char *at;
    const char *end;
};

/* The first byte that is no blank; NUL, which is nowhere plain, at the end. */
static char look(struct reader *reader) {
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\n' ||
                                               *reader->at == '\r' || *reader->at == '\t')) {
        reader->at++;
    }
    return reader->at < reader->end ? *reader->at : '\0';
}

static bool take(struct reader *reader, char wanted) {
    bool is_there = look(reader) == wanted;

    reader->at += is_there;
    return is_there;
}

/* ASCII, no escapes: what stands between the quotes is the text. */
static bool take_text(struct reader *reader, struct span *ret_text) {
    const char *start;

    if (!take(reader, '"')) {
        return false;
    }
    for (start = reader->at; reader->at < reader->end; reader->at++) {
        unsigned char byte = (unsigned char)*reader->at;

        if (byte == '"') {
            *ret_text = (struct span){start, (size_t)(reader->at - start)};
            reader->at++;
            return true;
        }
        if (byte < 0x20 || byte > 0x7e || byte == '\\') {
            break;
        }
    }
    return false;
}

/* What would make it none (a point, an exponent) is not what may follow a member, either. */
static json_t *read_number(struct reader *reader) {
    const char *start = reader->at;
    json_int_t number = 0;

    for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++) {
        if (reader->at - start == DIGITS_MAX) {
            return NULL;
        }
        number = number * 10 + (*reader->at - '0');
    }
    if (reader->at == start || (*start == '0' && reader->at - start > 1)) {
        return NULL;
    }
    return json_integer(number);
}

static json_t *read_word(struct reader *reader) {
    static const struct {
        const char *text;
        json_t *(*value)(void);
    } words[] = {{"true", json_true}, {"false", json_false}, {"null", json_null}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i].text);

        if ((size_t)(reader->end - reader->at) >= len &&
                memcmp(reader->at, words[i].text, len) == 0) {
            reader->at += len;
            return words[i].value();
        }
    }
    return NULL;
}

static json_t *read_object(struct reader *reader, unsigned depth);

static json_t *read_value(struct reader *reader, unsigned depth) {
    char first = look(reader);
    struct span text;

    if (first == '"') {
        return take_text(reader, &text) ? json_stringn_nocheck(text.data, text.len) : NULL;
    }
    if (first == '{') {
        return depth < DEPTH_MAX ? read_object(reader, depth + 1) : NULL;
    }
    return first >= '0' && first <= '9' ? read_number(reader) : read_word(reader);
}

/* One that is there already is not plain: the library says where. */
static bool add_member(json_t *object, struct span key, json_t *value) {
    char name[KEY_MAX_BYTES + 1];
    size_t before = json_object_size(object);

    memcpy(name, key.data, key.len);
    name[key.len] = '\0';
    /* which takes the value over, even if it fails */
    return json_object_set_new_nocheck(object, name, value) == 0 &&
           json_object_size(object) == before + 1;
}

static json_t *read_object(struct reader *reader, unsigned depth) {
    json_auto_t *object = take(reader, '{') ? json_object() : NULL;
    struct span key;

    if (object == NULL || take(reader, '}')) {
        return gk_steal(&object);
    }
    do {
        if (!take_text(reader, &key) || key.len > KEY_MAX_BYTES || !take(reader, ':') ||
                !add_member(object, key, read_value(reader, depth))) {
            return NULL;
        }
    } while (take(reader, ','));
    return take(reader, '}') ? gk_steal(&object) : NULL;
}

json_t *request_plain_load(struct span body) {
    struct reader reader = {body.data, body.data + body.len};
    json_auto_t *root = read_object(&reader, 1);

    (void)look(&reader);
    return reader.at == reader.end ? gk_steal(&root) : NULL;
}
