export type { ConformanceOptions } from './checks.js';
export { ConformanceError } from './conformance-error.js';
export { positive, spread } from './numbers.js';
export { opCases } from './op-table/index.js';
export { type CaseInput, type FloatDType, inputsOf, type OpCase, type StepCase } from './op-table/op-case.js';
export { formatReport, type Report, type ReportRow, type RuleRow, report, type Status } from './report.js';
export type { CreateBackend } from './rules/rule.js';
export { type SelfTest, selfTest } from './self-test.js';
export type { Tolerance } from './tolerance.js';
