/* The paths and the header of the AWS Secrets Manager Agent. */
#ifndef GHOSTKEYD_API_AWS_AGENT_H
#define GHOSTKEYD_API_AWS_AGENT_H

#define AGENT_HEADER "x-aws-parameters-secrets-token"
#define AGENT_PATH "/secretsmanager/get"
#define AGENT_PATH_PREFIX "/v1/" /* a secret's name follows */

#endif
