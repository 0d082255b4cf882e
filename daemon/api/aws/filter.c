#include "api/aws/filter.h"

#include <strings.h>

#include "api/aws/own.h"
#include "http/request_text.h"

#define SPECIAL "/-_+=.@"
#define TAG_OWNER "aws:secretsmanager:owningService"

/* The words of a text, one by one. */
struct words {
    struct span rest;
    char separator; /* the one special character in it; 0: it has none */
    bool is_whole;  /* it has several, so it is one word */
    struct span part;
};

/* A letter outside of ASCII counts as a small one, so that no word ends within a character. */
static bool is_lower(char c) {
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static struct words words_of(struct span text) {
    struct words words = {.rest = text};

    for (size_t at = 0; at < text.len; at++) {
        char c = text.data[at];

        if (c == '\0' || strchr(SPECIAL, c) == NULL) {
            continue;
        }
        words.is_whole = words.is_whole || (words.separator != 0 && words.separator != c);
        words.separator = c;
    }
    if (words.is_whole) {
        words.separator = 0;
    }
    return words;
}

static struct span trim(struct span text) {
    while (text.len > 0 && (unsigned char)text.data[0] <= ' ') {
        text = (struct span){text.data + 1, text.len - 1};
    }
    while (text.len > 0 && (unsigned char)text.data[text.len - 1] <= ' ') {
        text.len -= 1;
    }
    return text;
}

/*
 * Takes the first piece of a part: what comes before a character that is no small letter and has
 * one behind it, or such a character with all small letters that follow it.
 */
static struct span take_piece(struct span *part) {
    struct span piece = *part;
    size_t at = 0;

    while (at + 1 < part->len && (is_lower(part->data[at]) || !is_lower(part->data[at + 1]))) {
        at += 1;
    }
    if (at + 1 >= part->len) {
        *part = (struct span){part->data + part->len, 0};
        return piece;
    }
    if (at == 0) {
        for (at = 1; at < part->len && is_lower(part->data[at]); at++) {
        }
    }
    piece.len = at;
    *part = (struct span){part->data + at, part->len - at};
    return piece;
}

static bool next_word(struct words *words, struct span *ret_word) {
    for (;;) {
        if (words->part.len == 0) {
            if (words->rest.len == 0) {
                return false;
            }
            words->part = words->separator != 0 ? span_take_until(&words->rest, words->separator)
                                                : words->rest;
            if (words->separator == 0) {
                words->rest = SPAN_NULL;
            }
        }
        if (words->is_whole) {
            *ret_word = words->part;
            words->part.len = 0;
            return true;
        }
        if (words->part.len > 0) {
            *ret_word = trim(take_piece(&words->part));
            if (ret_word->len > 0) {
                return true;
            }
        }
    }
}

static bool begins_some_word(struct span begin, struct span text) {
    struct words words = words_of(text);
    struct span word;

    while (next_word(&words, &word)) {
        if (word.len >= begin.len && strncasecmp(word.data, begin.data, begin.len) == 0) {
            return true;
        }
    }
    return false;
}

bool words_match(struct span pattern, struct span text) {
    struct words words = words_of(pattern);
    size_t count = 0;
    struct span word;

    while (next_word(&words, &word)) {
        if (!begins_some_word(word, text)) {
            return false;
        }
        count += 1;
    }
    return count > 0;
}

struct span owning_service(const struct secret *secret) {
    struct span rest = secret->labels;
    struct label label;

    while (labels_next(&rest, &label)) {
        if (span_is(label.name, TAG_OWNER)) {
            return label.value;
        }
    }
    return SPAN_NULL;
}

/* Calls with each text of the secret that a filter looks at, until one matches. */
struct matching {
    struct span pattern;
    bool by_words;
    bool is_negated;
};

static bool text_matches(const struct matching *matching, struct span text) {
    bool does = matching->by_words ? words_match(matching->pattern, text)
                                   : span_starts_with(text, matching->pattern);

    return text.data != NULL && does != matching->is_negated;
}

static bool labels_match(
        const struct matching *matching, const struct secret *secret, bool by_name, bool by_value) {
    struct span rest = secret->labels;
    struct label label;

    while (labels_next(&rest, &label)) {
        if ((by_name && text_matches(matching, label.name)) ||
                (by_value && text_matches(matching, label.value))) {
            return true;
        }
    }
    return false;
}

static struct span description_of(const struct secret *secret) {
    return secret->description.len > 0 ? secret->description : SPAN_NULL;
}

static bool name_matches(const struct matching *matching, const struct target *target) {
    return text_matches(matching, target->path);
}

static bool description_matches(const struct matching *matching, const struct target *target) {
    return text_matches(matching, description_of(&target->secret));
}

static bool tag_key_matches(const struct matching *matching, const struct target *target) {
    return labels_match(matching, &target->secret, true, false);
}

static bool tag_value_matches(const struct matching *matching, const struct target *target) {
    return labels_match(matching, &target->secret, false, true);
}

/* Only a secret that is replicated has a primary region. */
static bool region_matches(const struct matching *matching, const struct target *target) {
    struct span own = own_text(&target->secret, OWN_REPLICAS).len > 0 ? target->region : SPAN_NULL;

    return text_matches(matching, target->primary.data != NULL ? target->primary : own);
}

static bool service_matches(const struct matching *matching, const struct target *target) {
    return text_matches(matching, owning_service(&target->secret));
}

static bool any_matches(const struct matching *matching, const struct target *target) {
    return name_matches(matching, target) || description_matches(matching, target) ||
           labels_match(matching, &target->secret, true, true);
}

static const struct filter {
    const char *key;
    bool by_words;
    bool (*matches)(const struct matching *matching, const struct target *target);
} filters[] = {
        {"name", false, name_matches},
        {"description", true, description_matches},
        {"tag-key", false, tag_key_matches},
        {"tag-value", false, tag_value_matches},
        {"primary-region", false, region_matches},
        {"owning-service", true, service_matches},
        {"all", true, any_matches},
};

static const struct filter *filter_of(struct span key) {
    for (size_t at = 0; at < sizeof(filters) / sizeof(filters[0]); at++) {
        if (span_is(key, filters[at].key)) {
            return &filters[at];
        }
    }
    return NULL;
}

int filters_check(struct call *call) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *list = &arguments->of[MEMBER_FILTERS];

    for (size_t at = 0; at < list->count; at++) {
        const struct argument *given = element_of(arguments, list, at, FILTER_MEMBERS, 0);

        if (!given[FILTER_KEY].given) {
            return refuse_with(&call->problem, AWS_INVALID_PARAMETER, "Invalid filter key");
        }
        if (filter_of(given[FILTER_KEY].text) == NULL) {
            return refuse_with(&call->problem, AWS_VALIDATION,
                    "1 validation error detected: Value '%s' at 'filters.%zu.member.key' failed to "
                    "satisfy constraint: Member must satisfy enum value set: [all, name, tag-key, "
                    "description, tag-value]",
                    shown_utf8(given[FILTER_KEY].text).text, at + 1);
        }
        if (!given[FILTER_VALUES].given) {
            return refuse_with(&call->problem, AWS_INVALID_PARAMETER,
                    "Invalid filter values for key: %s", filter_of(given[FILTER_KEY].text)->key);
        }
    }
    return 0;
}

static bool filter_matches(const struct arguments *arguments, const struct argument *given,
        const struct target *target) {
    const struct filter *filter = filter_of(given[FILTER_KEY].text);
    const struct argument *values = &given[FILTER_VALUES];

    for (size_t at = 0; at < values->count; at++) {
        struct matching matching = {
                element_of(arguments, values, at, 1, 0)->text, filter->by_words, false};

        if (matching.pattern.len > 0 && matching.pattern.data[0] == '!') {
            matching.is_negated = true;
            matching.pattern = (struct span){matching.pattern.data + 1, matching.pattern.len - 1};
        }
        if (filter->matches(&matching, target)) {
            return true;
        }
    }
    return false;
}

bool filters_match(struct call *call, const struct target *target) {
    const struct arguments *arguments = arguments_of(call);
    const struct argument *list = &arguments->of[MEMBER_FILTERS];

    for (size_t at = 0; at < list->count; at++) {
        if (!filter_matches(
                    arguments, element_of(arguments, list, at, FILTER_MEMBERS, 0), target)) {
            return false;
        }
    }
    return true;
}
