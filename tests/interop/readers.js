/* Reads the names of files, a line each; prints what a parser finds in each as a line of JSON. */
"use strict";
const fs = require("fs");
const { createRequire } = require("module");
const [kind, directory] = process.argv.slice(2);
const load = createRequire(directory + "/");

const parsers = {
    "dotenv": () => load("dotenv").parse,
    "node": () => require("util").parseEnv,
    "dotenv-expand": () => {
        const { parse } = load("dotenv");
        const { expand } = load("dotenv-expand");
        return (text) => expand({ parsed: parse(text), processEnv: {} }).parsed;
    },
};
const parse = parsers[kind]();

for (const path of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    let found;
    try {
        found = parse(fs.readFileSync(path, "utf8"));
    } catch (error) {
        found = { error: String(error) };
    }
    process.stdout.write(JSON.stringify(found) + "\n");
}
