// The rules for the scripts of the live pictures. Run from the top of the checkout:
//   npm --prefix tests/javascript run lint
// A script that is not named in ON_THE_PAGE may use nothing of the browser, and so node can test it.

import js from "@eslint/js";

const SCRIPTS = "workbench/widgets/canvas";
const ON_THE_PAGE = [
  "cached_picture", "color_rounds", "elements", "graph_canvas", "graph_gestures", "graph_painter",
  "loss_curves", "matrix_canvas", "matrix_painter", "picture_border", "redrawing", "status_line",
  "tape_bar", "theme",
];
const TIMERS = ["setTimeout", "clearTimeout"];
const PAGE = [
  "document", "window", "getComputedStyle", "requestAnimationFrame", "cancelAnimationFrame",
  "MutationObserver", "ResizeObserver",
];
const globals = (names) => Object.fromEntries(names.map((name) => [name, "readonly"]));

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2022, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      "eqeqeq": "error",
      "no-implicit-coercion": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { args: "all", argsIgnorePattern: "^_" }],
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      "prefer-template": "error",
    },
  },
  {
    files: ["tests/javascript/*.js"],
    languageOptions: { globals: globals([...TIMERS, "Buffer", "Event", "EventTarget"]) },
  },
  { files: [`${SCRIPTS}/*.js`], languageOptions: { globals: globals([...TIMERS, "atob"]) } },
  {
    files: ON_THE_PAGE.map((name) => `${SCRIPTS}/${name}.js`),
    languageOptions: { globals: globals(PAGE) },
  },
];
