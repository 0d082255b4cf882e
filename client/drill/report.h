/*
 * What came of a drill. `steps` is an array of objects, one for each step:
 *
 * {"step":2,"do":"rotate db_pass","expect":"healthy","took_ms":10000,"ok":false,"why":"...",
 *  "requests":[{"api":"vault","operation":"kv-read","name":"db_pass","status":200,"fault":null,
 *               "count":3}],
 *  "holds":[{"name":"db_pass","peer":"node[4711]","api":"vault","version":1,"stage":"previous",
 *            "current":2}]}
 *
 * The last three and `why` only where `ok` is false; `note` only where it is true, and something is
 * worth knowing. No value is in it.
 */
#ifndef GHOSTCTL_DRILL_REPORT_H
#define GHOSTCTL_DRILL_REPORT_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buffer.h"

bool drill_report_has_failed(const json_t *steps);

/* Appends {"steps":[...],"passed":N,"failed":N}. */
void drill_report_append_json(json_t *steps, struct buffer *text);

/* Appends an XML document for a CI system, as JUnit writes it. */
void drill_report_append_junit(const json_t *steps, struct buffer *text);

/* Prints a table of the steps, and then what each failed one did. */
void drill_report_print(const json_t *steps);

/* Appends a line for each thing that is known of a failed step, with `before` in front of it. */
void drill_report_append_details(const json_t *step, const char *before, struct buffer *text);

#endif
