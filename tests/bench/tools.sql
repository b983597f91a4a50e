-- The tasks for the shell of SQLite; @TASK@ parts are cut out by run.sh.
-- @t1
.mode ascii
.separator "\037" "\n"
CREATE TABLE raw(j TEXT);
.import employees.jsonl raw
.mode list
.output @OUT@
SELECT json_object('Code', j->>'employee_number', 'Description', substr(trim((j->>'first_name') || ' ' || (j->>'last_name'), ' ' || char(9,13,10)), 1, 50),
  'Active', json(CASE WHEN j->>'end_date' IS NULL OR j->>'end_date' >= '2025-07-01' THEN 'true' ELSE 'false' END),
  'Email', lower(j->>'work_email'), 'MonthlyCost', round((j->>'$.compensation.annual') / 12.0, 2),
  'StartDate', substr(j->>'start_date', 9) || '-' || substr(j->>'start_date', 6, 2) || '-' || substr(j->>'start_date', 1, 4))
FROM raw WHERE j->>'status' = 'ACTIVE' AND j->>'$.compensation.annual' > 0;
-- @t2
CREATE TABLE d(code TEXT PRIMARY KEY, gl TEXT, cc TEXT, name TEXT, active TEXT);
.mode csv
.import --skip 1 departments.csv d
.mode ascii
.separator "\037" "\n"
CREATE TABLE raw(j TEXT);
.import employees.jsonl raw
.mode list
.output @OUT@
SELECT json_object('Code', j->>'employee_number', 'Description', substr(trim((j->>'first_name') || ' ' || (j->>'last_name'), ' ' || char(9,13,10)), 1, 50),
  'Active', json(CASE WHEN j->>'end_date' IS NULL OR j->>'end_date' >= '2025-07-01' THEN 'true' ELSE 'false' END),
  'Email', lower(j->>'work_email'), 'MonthlyCost', round((j->>'$.compensation.annual') / 12.0, 2),
  'StartDate', substr(j->>'start_date', 9) || '-' || substr(j->>'start_date', 6, 2) || '-' || substr(j->>'start_date', 1, 4),
  'GLAccount', d.gl, 'CostCenter', d.cc)
FROM raw JOIN d ON d.code = j->>'$.department.code' WHERE j->>'status' = 'ACTIVE' AND j->>'$.compensation.annual' > 0;
-- @t3
CREATE TABLE c(category TEXT PRIMARY KEY, account TEXT);
.mode csv
.import --skip 1 categories.csv c
CREATE TABLE x(report, tx, merchant, category, tag, cents INTEGER, currency, created);
.import --skip 1 expenses.csv x
.mode list
.output @OUT@
SELECT json_object('Report', report, 'Date', min(substr(created, 1, 10)), 'Currency', currency,
  'Lines', json_group_array(json_object('Account', coalesce(account, '499999'), 'Amount', cents / 100.0,
    'Description', trim(replace(replace(replace(replace(replace(merchant, char(13), ' '), char(10), ' '), '  ', ' '), '  ', ' '), '  ', ' ')),
    'Tag', nullif(tag, ''), 'Tx', tx)), 'Credit', -sum(cents) / 100.0)
FROM (SELECT * FROM x ORDER BY rowid) LEFT JOIN c USING (category) GROUP BY report;
-- @end
