/*
 * What the app did and holds, as its broker tells (contract, section 12): the requests since a
 * moment, and the versions that it read last.
 */
#ifndef GHOSTCTL_DRILL_WATCHER_H
#define GHOSTCTL_DRILL_WATCHER_H

#include "drill/app.h"
#include "wire/broker_client.h"

/* The number of the last request. An exit status, after a message. */
int drill_requests_last(struct broker_client *broker, json_int_t *ret_seq);

/*
 * The requests of the app after that number, as an array for a report: those that say the same are
 * one, with a count. Those of the probe are left out as far as they can be told apart.
 */
int drill_requests(struct broker_client *broker, const struct drill_app *app, json_int_t after,
        json_t **ret_requests);

/*
 * The versions that the app read last, of the secrets that are members of `names`, as an array for
 * a report. `earlier`: such an array of a broker that has ended since, or NULL; what it says of a
 * process counts until that process reads again or ends.
 */
int drill_holds(struct broker_client *broker, const struct drill_app *app, const json_t *names,
        const json_t *earlier, json_t **ret_holds);

/* Adds the names of all secrets that have a value now to that object. No fault rule sees it. */
int drill_add_names(struct broker_client *broker, json_t *names);

/* The documents of all secrets that have a value, without it. */
int drill_secrets(struct broker_client *broker, json_t **ret_secrets);

#endif
