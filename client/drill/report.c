#include "drill/report.h"

#include <string.h>

#include "heap.h"
#include "terminal/output.h"
#include "terminal/table.h"

#define MS_PER_S 1000

static const char *text_of(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));

    return text != NULL ? text : "-";
}

static long long number_of(const json_t *object, const char *member) {
    return (long long)json_integer_value(json_object_get(object, member));
}

static bool is_ok(const json_t *step) {
    return json_is_true(json_object_get(step, "ok"));
}

static size_t count_failed(const json_t *steps) {
    size_t failed = 0;
    const json_t *step;
    size_t index;

    json_array_foreach(steps, index, step) {
        failed += is_ok(step) ? 0 : 1;
    }
    return failed;
}

bool drill_report_has_failed(const json_t *steps) {
    return count_failed(steps) > 0;
}

/* Seconds with one digit after the point, as text. */
static void append_seconds(struct buffer *text, long long ms) {
    buffer_printf(text, "%lld.%lld", ms / MS_PER_S, ms % MS_PER_S / (MS_PER_S / 10));
}

void drill_report_append_json(json_t *steps, struct buffer *text) {
    json_int_t failed = (json_int_t)count_failed(steps);
    json_auto_t *document = json_pack("{s:O, s:I, s:I}", "steps", steps, "passed",
            (json_int_t)json_array_size(steps) - failed, "failed", failed);
    GK_AUTO_WIPE char *line = json_dumps(document, JSON_COMPACT);

    if (line == NULL) {
        heap_exhausted();
    }
    buffer_append_text(text, line);
}

/* "vault kv-read db_pass 200 (3 times)" */
static void append_request(const json_t *request, struct buffer *text) {
    const json_t *status = json_object_get(request, "status");
    const char *fault = json_string_value(json_object_get(request, "fault"));
    long long count = number_of(request, "count");

    buffer_printf(text, "%s %s %s ", text_of(request, "api"), text_of(request, "operation"),
            text_of(request, "name"));
    if (json_is_integer(status)) {
        buffer_printf(text, "%lld", (long long)json_integer_value(status));
    } else {
        buffer_append_text(text, "no answer");
    }
    if (fault != NULL) {
        buffer_printf(text, " by fault %s", fault);
    }
    if (count > 1) {
        buffer_printf(text, " (%lld times)", count);
    }
}

/* "db_pass version 1 (previous) in node[4711]; current: 2" */
static void append_held(const json_t *held, struct buffer *text) {
    const char *stage = json_string_value(json_object_get(held, "stage"));
    long long version = number_of(held, "version");
    long long current = number_of(held, "current");

    buffer_printf(text, "%s version %lld", text_of(held, "name"), version);
    if (stage != NULL) {
        buffer_printf(text, " (%s)", stage);
    }
    buffer_printf(text, " in %s", text_of(held, "peer"));
    if (version != current) {
        buffer_printf(text, "; current: %lld", current);
    }
}

static void append_list(const json_t *list, const char *before, const char *what,
        void (*append)(const json_t *each, struct buffer *text), struct buffer *text) {
    const json_t *each;
    size_t index;

    json_array_foreach(list, index, each) {
        buffer_printf(text, "%s%s", before, what);
        append(each, text);
        buffer_append_byte(text, '\n');
    }
}

void drill_report_append_details(const json_t *step, const char *before, struct buffer *text) {
    const json_t *requests = json_object_get(step, "requests");

    append_list(requests, before, "asked: ", append_request, text);
    if (json_array_size(requests) == 0) {
        buffer_printf(text, "%s%s\n", before,
                json_is_array(requests) ? "asked for nothing meanwhile"
                                        : "what it asked for is not known: no broker runs");
    }
    append_list(json_object_get(step, "holds"), before, "holds: ", append_held, text);
}

static void add_row(struct table *table, const json_t *step) {
    BUFFER_AUTO struct buffer number = BUFFER_NULL;
    BUFFER_AUTO struct buffer took = BUFFER_NULL;

    buffer_printf(&number, "%lld", number_of(step, "step"));
    append_seconds(&took, number_of(step, "took_ms"));
    buffer_append_byte(&took, 's');
    table_add(table, buffer_string(&number));
    table_add(table, is_ok(step) ? "ok" : "FAILED");
    table_add(table, buffer_string(&took));
    table_add(table, text_of(step, "expect"));
    table_add(table, text_of(step, "do"));
}

static void print_lines(const struct buffer *text) {
    for (const char *line = buffer_string(text); line[0] != '\0';) {
        size_t len = strcspn(line, "\n");

        output_shown("%.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
}

void drill_report_print(const json_t *steps) {
    static const char *const headings[] = {"STEP", "RESULT", "TOOK", "EXPECTED", "DID"};
    GK_CLEANUP(table_deinit) struct table table = {0};
    const json_t *step;
    size_t index;

    table_init(&table, headings, sizeof(headings) / sizeof(headings[0]));
    json_array_foreach(steps, index, step) {
        add_row(&table, step);
    }
    table_print(&table, output_is_terminal(), output_is_coloured(), output_columns());
    json_array_foreach(steps, index, step) {
        BUFFER_AUTO struct buffer details = BUFFER_NULL;

        if (is_ok(step)) {
            if (json_object_get(step, "note") != NULL) {
                output_shown("step %lld: %s", number_of(step, "step"), text_of(step, "note"));
            }
            continue;
        }
        output_shown("step %lld failed: %s", number_of(step, "step"), text_of(step, "why"));
        drill_report_append_details(step, "  ", &details);
        print_lines(&details);
    }
}

/* XML 1.0 has no way to write most control characters: each becomes a '?'. */
static void append_xml(struct buffer *xml, const char *text) {
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '&') {
            buffer_append_text(xml, "&amp;");
        } else if (byte == '<') {
            buffer_append_text(xml, "&lt;");
        } else if (byte == '>') {
            buffer_append_text(xml, "&gt;");
        } else if (byte == '"') {
            buffer_append_text(xml, "&quot;");
        } else {
            buffer_append_byte(
                    xml, (byte < ' ' && byte != '\n') || byte == 0x7f ? '?' : (char)byte);
        }
    }
}

static void append_case(const json_t *step, struct buffer *xml) {
    BUFFER_AUTO struct buffer details = BUFFER_NULL;
    BUFFER_AUTO struct buffer name = BUFFER_NULL;

    buffer_printf(&name, "step %lld: %s", number_of(step, "step"), text_of(step, "do"));
    buffer_append_text(xml, "  <testcase classname=\"drill\" name=\"");
    append_xml(xml, buffer_string(&name));
    buffer_append_text(xml, "\" time=\"");
    append_seconds(xml, number_of(step, "took_ms"));
    if (is_ok(step) && json_object_get(step, "note") == NULL) {
        buffer_append_text(xml, "\"/>\n");
        return;
    }
    if (is_ok(step)) {
        buffer_append_text(xml, "\">\n    <system-out>");
        append_xml(xml, text_of(step, "note"));
        buffer_append_text(xml, "</system-out>\n  </testcase>\n");
        return;
    }
    buffer_append_text(xml, "\">\n    <failure message=\"");
    append_xml(xml, text_of(step, "why"));
    buffer_append_text(xml, "\">");
    drill_report_append_details(step, "", &details);
    append_xml(xml, buffer_string(&details));
    buffer_append_text(xml, "</failure>\n  </testcase>\n");
}

void drill_report_append_junit(const json_t *steps, struct buffer *xml) {
    long long total_ms = 0;
    const json_t *step;
    size_t index;

    json_array_foreach(steps, index, step) {
        total_ms += number_of(step, "took_ms");
    }
    buffer_append_text(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    buffer_printf(xml, "<testsuite name=\"ghostctl drill\" tests=\"%zu\" failures=\"%zu\" time=\"",
            json_array_size(steps), count_failed(steps));
    append_seconds(xml, total_ms);
    buffer_append_text(xml, "\">\n");
    json_array_foreach(steps, index, step) {
        append_case(step, xml);
    }
    buffer_append_text(xml, "</testsuite>\n");
}
