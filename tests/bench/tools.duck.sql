-- The tasks for DuckDB; parts as in tools.sql. Amounts are DECIMAL.
-- @t1
COPY (SELECT employee_number AS Code, left(trim(first_name || ' ' || last_name, E' \t\r\n'), 50) AS Description,
  end_date IS NULL OR end_date >= '2025-07-01' AS Active, lower(work_email) AS Email,
  round_even(CAST(compensation.annual AS DECIMAL(24,6)) / 12, 2)::DECIMAL(18,2) AS MonthlyCost, strftime(CAST(start_date AS DATE), '%d-%m-%Y') AS StartDate
  FROM read_json('employees.jsonl', format = 'newline_delimited', columns = {employee_number: 'VARCHAR', first_name: 'VARCHAR', last_name: 'VARCHAR', work_email: 'VARCHAR',
    status: 'VARCHAR', start_date: 'VARCHAR', end_date: 'VARCHAR', compensation: 'STRUCT(annual DECIMAL(18,2))', department: 'STRUCT(code VARCHAR)'})
  WHERE status = 'ACTIVE' AND compensation.annual > 0) TO '@OUT@' (FORMAT json);
-- @t2
COPY (SELECT employee_number AS Code, left(trim(first_name || ' ' || last_name, E' \t\r\n'), 50) AS Description,
  end_date IS NULL OR end_date >= '2025-07-01' AS Active, lower(work_email) AS Email,
  round_even(CAST(compensation.annual AS DECIMAL(24,6)) / 12, 2)::DECIMAL(18,2) AS MonthlyCost, strftime(CAST(start_date AS DATE), '%d-%m-%Y') AS StartDate,
  d.gl_account AS GLAccount, d.cost_center AS CostCenter
  FROM read_json('employees.jsonl', format = 'newline_delimited', columns = {employee_number: 'VARCHAR', first_name: 'VARCHAR', last_name: 'VARCHAR', work_email: 'VARCHAR',
    status: 'VARCHAR', start_date: 'VARCHAR', end_date: 'VARCHAR', compensation: 'STRUCT(annual DECIMAL(18,2))', department: 'STRUCT(code VARCHAR)'}) e
  JOIN read_csv('departments.csv', all_varchar = true) d ON d.code = e.department.code
  WHERE status = 'ACTIVE' AND compensation.annual > 0) TO '@OUT@' (FORMAT json);
-- @t3
COPY (SELECT report_id AS Report, min(left(created, 10)) AS Date, any_value(currency) AS Currency,
  list({Account: coalesce(account, '499999'), Amount: CAST(amount_cents AS DECIMAL(18,2)) / 100, Description: trim(regexp_replace(merchant, '[ \t\r\n]+', ' ', 'g')),
    Tag: tag, Tx: transaction_id} ORDER BY n) AS Lines, -sum(CAST(amount_cents AS DECIMAL(18,2))) / 100 AS Credit
  FROM (SELECT row_number() OVER () AS n, * FROM read_csv('expenses.csv', all_varchar = true)) LEFT JOIN read_csv('categories.csv', all_varchar = true) USING (category)
  GROUP BY report_id) TO '@OUT@' (FORMAT json);
-- @end
