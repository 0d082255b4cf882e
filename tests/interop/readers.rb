# Reads the names of files, a line each; prints what ruby-dotenv finds in each as a line of JSON.
require "dotenv"
require "json"

$stdin.each_line(chomp: true) do |path|
  found = begin # the parser alone, as it is in each version
    Dotenv::Parser.call(File.read(path, encoding: "bom|utf-8"))
  rescue StandardError => e
    { "error" => e.class.name }
  end
  puts JSON.generate(found)
end
