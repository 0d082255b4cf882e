/* Reads the names of files, a line each; prints what a parser finds in each as a line of JSON. */
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");
const { createRequire } = require("module");
const [kind, directory] = process.argv.slice(2);
const load = createRequire(directory + "/");

/* kind -> a function of (text, path) -> the variables */
const parsers = {
    "dotenv": () => load("dotenv").parse,
    "node": () => require("util").parseEnv,
    "dotenv-expand": () => {
        const { parse } = load("dotenv");
        const { expand } = load("dotenv-expand");
        return (text) => expand({ parsed: parse(text), processEnv: {} }).parsed;
    },
    "Vite": async () => {
        const { loadEnv } = await import(load.resolve("vite"));
        const home = fs.mkdtempSync(path.join(os.tmpdir(), "ghostkey-vite-"));
        process.on("exit", () => fs.rmSync(home, { recursive: true }));
        return (text) => {
            fs.writeFileSync(path.join(home, ".env"), text);
            const found = loadEnv("production", home, "");
            for (const name of Object.keys(process.env)) {
                delete found[name];
            }
            return found;
        };
    },
    "Next": () => {
        const { processEnv, resetEnv } = load("@next/env");
        return (text, file) => {
            let fault;
            const log = { error: (...words) => { fault = words.join(" "); }, info: () => {} };
            const contents = text.replace(/^\uFEFF/, "");
            const [, found] = processEnv([{ path: file, contents, env: {} }], "", log, true);
            resetEnv();
            return fault ? { error: fault } : found;
        };
    },
};

async function main() {
    const files = fs.readFileSync(0, "utf8").split("\n").filter(Boolean);
    const parse = await parsers[kind]();
    for (const file of files) {
        let found;
        try {
            found = parse(fs.readFileSync(file, "utf8"), file);
        } catch (error) {
            found = { error: String(error) };
        }
        process.stdout.write(JSON.stringify(found) + "\n");
    }
}

main();
