/** A notebook to edit: what a marked cell depends on, the cell, and two that ask why it ran. */

export const SETUP = `rate = 3

def scaled(values):
    return [value * rate for value in values]`;

export const MODEL = `%%cacheable --always --name model
values = list(range(10))
total = 0
for value in scaled(values):
    total += value
print(total)`;

export const ASKING = ['%cacheable why', '%cacheable why total'];
