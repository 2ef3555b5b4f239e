// Compiles a Kaitai Struct description to Python, for the tests (make protocol installs what this needs):
//   NODE_PATH=build/kaitai/node_modules node compile_kaitai.js rhomboid_stream_v1.ksy FOLDER
"use strict";
const fs = require("fs");
const path = require("path");
const compiler = require("kaitai-struct-compiler");
const yaml = require("js-yaml");

const [description, folder] = process.argv.slice(2);
compiler
  .compile("python", yaml.load(fs.readFileSync(description, "utf8")), null, false)
  .then((files) => {
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  })
  .catch((error) => {
    console.error(String(error));
    process.exit(1);
  });
