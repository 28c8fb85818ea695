// Prints what the types of a database say of its functions and views, as JSON: `node signatures.mjs FILE SCHEMA`.
//
//   {"Functions": {name: {"Args": {parameter: [type, optional]}, "Returns": {column: [type, optional]} or type}},
//    "Views": {name: {"Row": {column: [type, optional]}, and "Insert" and "Update" where it is written}}}
import fs from 'node:fs'
import ts from 'typescript'

const [file, schema] = process.argv.slice(2)
const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
const database = source.statements.find((statement) => statement.name?.text === 'Database').type

const words = (node) => node.getText(source).replace(/\s+/g, ' ').replace(/"/g, "'")

/** The members of an object type, and of the rows of an array of them; else its text. */
function shape(type) {
  if (ts.isArrayTypeNode(type) && ts.isTypeLiteralNode(type.elementType)) return shape(type.elementType)
  if (!ts.isTypeLiteralNode(type)) return words(type)
  return Object.fromEntries(members(type).map(([name, member]) => [name, [words(member.type), !!member.questionToken]]))
}

function members(type) {
  return type.members.filter((member) => member.name).map((member) => [member.name.text, member])
}

function has(type, name) {
  return members(type).some(([known]) => known === name)
}

function at(type, ...path) {
  return path.reduce((inner, name) => members(inner).find(([known]) => known === name)[1].type, type)
}

function shapes(section, ...parts) {
  return Object.fromEntries(
    members(at(database, schema, section)).map(([name, { type }]) => [
      name,
      Object.fromEntries(parts.filter((part) => has(type, part)).map((part) => [part, shape(at(type, part))])),
    ]),
  )
}

console.log(JSON.stringify({ Functions: shapes('Functions', 'Args', 'Returns'), Views: shapes('Views', 'Row', 'Insert', 'Update') }))
