<?php
/* Reads the names of files, a line each; prints what phpdotenv finds in each as a line of JSON. */
require "Dotenv/autoload.php";

while (($path = fgets(STDIN)) !== false) {
    try {
        $found = Dotenv\Dotenv::parse(file_get_contents(rtrim($path, "\n")));
    } catch (Throwable $fault) {
        $found = ["error" => get_class($fault)];
    }
    $flags = JSON_UNESCAPED_UNICODE | JSON_FORCE_OBJECT | JSON_INVALID_UTF8_SUBSTITUTE;
    echo json_encode($found, $flags), "\n";
}
