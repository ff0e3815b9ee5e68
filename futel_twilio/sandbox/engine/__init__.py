"""What every resource of the sandbox is made of: tables of fields and rules, handlers, paging, values, errors, accounts."""
