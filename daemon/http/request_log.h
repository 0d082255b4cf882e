/* The line of a request in the log (--log requests). It has neither a name nor a value. */
#ifndef GHOSTKEYD_HTTP_REQUEST_LOG_H
#define GHOSTKEYD_HTTP_REQUEST_LOG_H

struct answered;

void request_log(const struct answered *answered);

#endif
