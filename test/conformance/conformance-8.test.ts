import { compareCases } from "./src/compare-cases.ts";

compareCases(8);
