"""What every resource of the sandbox is made of: fields, rules, handlers, paging, values, errors, accounts."""
