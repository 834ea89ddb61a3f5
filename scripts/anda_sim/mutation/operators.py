# SPDX-License-Identifier: Apache-2.0
"""The possible mutations of a C++ file. Clang's syntax tree identifies operators, conditions and statements."""

import re

from clang.cindex import CursorKind, TypeKind

from anda_sim.mutation.mutant import NUMBER, Mutant

REPLACED = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "&&": ("||",), "||": ("&&",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("*",), "<<": (">>",), ">>": ("<<",),
    "&": ("|",), "|": ("&",), "^": ("&",),
    "+=": ("-=",), "-=": ("+=",), "*=": ("/=",), "/=": ("*=",), "<<=": (">>=",), ">>=": ("<<=",),
    "&=": ("|=",), "|=": ("&=",), "^=": ("|=",), "%=": ("/=",),
}
RELATIONAL = {"<", "<=", ">", ">=", "==", "!="}
LOGICAL = {"&&", "||"}
LOOPS = {CursorKind.FOR_STMT, CursorKind.WHILE_STMT, CursorKind.DO_STMT, CursorKind.CXX_FOR_RANGE_STMT}
FUNCTIONS = {CursorKind.FUNCTION_DECL, CursorKind.CXX_METHOD, CursorKind.CONSTRUCTOR, CursorKind.DESTRUCTOR,
             CursorKind.FUNCTION_TEMPLATE, CursorKind.CONVERSION_FUNCTION}
STATEMENTS = {CursorKind.CALL_EXPR, CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR,
              CursorKind.UNARY_OPERATOR, CursorKind.CXX_THROW_EXPR}
SYMMETRIC = {"max", "min", "gcd", "lcm"}
NUMBERS = {TypeKind.INT, TypeKind.UINT, TypeKind.LONG, TypeKind.ULONG, TypeKind.LONGLONG, TypeKind.ULONGLONG, TypeKind.SHORT,
           TypeKind.USHORT, TypeKind.DOUBLE, TypeKind.FLOAT, TypeKind.SCHAR, TypeKind.UCHAR, TypeKind.CHAR_S}


class Finder:
    """Collects the mutants of a file from its translation unit."""

    def __init__(self, unit, file, path, text):
        self._unit, self._file, self._path, self._text = unit, file, path, text
        self._constexpr = {}
        self.mutants = []

    def find(self):
        self._walk(self._unit.cursor, [])
        return self.mutants

    def _walk(self, cursor, parents):
        children = list(cursor.get_children())
        if cursor.kind == CursorKind.CASE_STMT:
            children = children[1:]
        for child in children:
            if child.kind == CursorKind.VAR_DECL and re.search(r"\bconstexpr\b", self._code(child).split("=")[0]):
                continue  # a compile-time constant, where no switch is possible
            if child.location.file is not None and child.location.file.name != self._path:
                continue
            self._visit(child, parents + [cursor])
            self._walk(child, parents + [cursor])

    def _visit(self, cursor, parents):
        kind = cursor.kind
        if kind in (CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR):
            self._operator(cursor, list(cursor.get_children()), parents)
        elif kind == CursorKind.CALL_EXPR:
            arguments = list(cursor.get_arguments())
            if cursor.spelling.startswith("operator"):
                if all(re.search(r"sc_time|\b(int|long|double)\b", side.type.spelling) for side in arguments) or \
                        cursor.spelling[8:] in RELATIONAL:
                    self._operator(cursor, arguments, parents)
            elif cursor.spelling not in SYMMETRIC:
                self._arguments(arguments, parents)
        elif kind == CursorKind.UNARY_OPERATOR:
            self._unary(cursor, parents)
        elif kind == CursorKind.INTEGER_LITERAL:
            self._constant(cursor, parents)
        elif kind == CursorKind.CXX_BOOL_LITERAL_EXPR:
            opposite = {"true": "false", "false": "true"}.get(self._code(cursor))
            if opposite:
                self._expression("boolean", cursor, opposite, parents)
        elif kind in (CursorKind.IF_STMT, CursorKind.WHILE_STMT, CursorKind.CONDITIONAL_OPERATOR):
            self._condition(cursor, parents)
        elif kind == CursorKind.COMPOUND_STMT:
            for statement in cursor.get_children():
                if self._inner(statement).kind in STATEMENTS:
                    self._statement("deletion", statement, ";", "{ if (!ON) { OLD } }", parents + [cursor])
        elif kind in (CursorKind.BREAK_STMT, CursorKind.CONTINUE_STMT):
            self._jump(cursor, parents)
        elif kind == CursorKind.RETURN_STMT:
            self._return(cursor, parents)

    def _inner(self, cursor):
        """The expression inside nodes that clang's C interface does not expose (cleanups of temporaries, conversions)."""
        while cursor.kind == CursorKind.UNEXPOSED_EXPR:
            children = list(cursor.get_children())
            if len(children) != 1:
                break
            cursor = children[0]
        return cursor

    def _range(self, cursor):
        return cursor.extent.start.offset, cursor.extent.end.offset

    def _code(self, cursor):
        begin, end = self._range(cursor)
        return self._text[begin:end].decode()

    def _add(self, kind, begin, end, after, switched, parents):
        """`switched` is the text in the copy, where ON is the switch, OLD the original and NEW the replacement."""
        old = self._text[begin:end].decode()
        if not old or old == after:
            return
        constexpr = any(self._is_constexpr(parent) for parent in parents)
        on = f"::anda_mutation::{'on_at_run_time' if constexpr else 'on'}({NUMBER})"
        parts = {"ON": on, "OLD": old, "NEW": after}
        self.mutants.append(Mutant(self._file, kind, begin, end, after,
                                   re.sub("ON|OLD|NEW", lambda part: parts[part[0]], switched), constexpr))

    def _is_constexpr(self, function):
        if function.kind not in FUNCTIONS:
            return False
        begin = function.extent.start.offset
        if begin not in self._constexpr:
            self._constexpr[begin] = re.match(rb"[^{;]*\bconstexpr\b", self._text[begin:begin + 300]) is not None
        return self._constexpr[begin]

    def _expression(self, kind, cursor, after, parents):
        self._add(kind, *self._range(cursor), after, "(ON ? (NEW) : (OLD))", parents)

    def _operator(self, cursor, sides, parents):
        if len(sides) != 2:
            return
        left, right = sides
        between = left.extent.end.offset, right.extent.start.offset
        match = re.fullmatch(rb"\s*([-+*/%<>=!&|^]+)\s*", self._text[slice(*between)])
        if not match or match[1].decode() not in REPLACED:
            return
        operator = match[1].decode()
        kind = "relational" if operator in RELATIONAL else "logical" if operator in LOGICAL else "arithmetic"
        for other in REPLACED[operator]:
            begin, end = self._range(cursor)
            at = between[0] + match.start(1)
            after = (self._text[begin:at] + other.encode() + self._text[at + len(operator):end]).decode()
            self._expression(kind, cursor, after, parents)

    def _unary(self, cursor, parents):
        code = self._code(cursor)
        if code.startswith("!"):
            self._expression("negation", cursor, f"static_cast<bool>({code[1:]})", parents)
        elif code.startswith(("++", "--")):
            self._expression("arithmetic", cursor, ("--" if code[0] == "+" else "++") + code[2:], parents)
        elif code.startswith("-"):
            self._expression("arithmetic", cursor, f"({code[1:]})", parents)

    def _constant(self, cursor, parents):
        match = re.fullmatch(r"(\d[\d']*)([uUlL]*)", self._code(cursor))
        if match:
            value = int(match[1].replace("'", ""))
            for other in (value + 1, value - 1):
                if other >= 0:
                    self._expression("constant", cursor, f"{other}{match[2]}", parents)

    def _condition(self, cursor, parents):
        condition = next(cursor.get_children(), None)
        if condition is None or condition.kind in (CursorKind.VAR_DECL, CursorKind.DECL_STMT):
            return
        if re.match(r"if\s+constexpr|if\s*\([^;{)]*;", self._code(cursor)):
            return
        begin, end = self._range(condition)
        old = self._text[begin:end].decode()
        self._add("negation", begin, end, f"!({old})", "(ON != static_cast<bool>(OLD))", parents)

    def _arguments(self, arguments, parents):
        for first, second in zip(arguments, arguments[1:]):
            begin, end = first.extent.start.offset, second.extent.end.offset
            between = self._text[first.extent.end.offset:second.extent.start.offset]
            same = first.type.get_canonical().spelling == second.type.get_canonical().spelling
            if same and re.fullmatch(rb"\s*,\s*", between):
                one, other = self._code(first), self._code(second)
                if one and other and one != other and not re.search("ON|OLD|NEW|[{}]", one + other):
                    self._add("arguments", begin, end, f"{other}{between.decode()}{one}",
                              f"(ON ? ({other}) : ({one})), (ON ? ({one}) : ({other}))", parents)

    def _statement(self, kind, cursor, after, switched, parents):
        """Adds a change of a statement with its semicolon."""
        begin, end = self._range(cursor)
        semicolon = re.match(rb"\s*;", self._text[end:])
        if semicolon:
            self._add(kind, begin, end + semicolon.end(), after, switched, parents)

    def _jump(self, cursor, parents):
        around = [parent.kind for parent in parents if parent.kind in LOOPS | {CursorKind.SWITCH_STMT, CursorKind.LAMBDA_EXPR}]
        if around and around[-1] in LOOPS:
            self._statement("jump", cursor, "continue;" if self._code(cursor) == "break" else "break;",
                            "{ if (ON) { NEW } else { OLD } }", parents)

    def _return(self, cursor, parents):
        value = next(cursor.get_children(), None)
        function = next((parent for parent in reversed(parents) if parent.kind in FUNCTIONS | {CursorKind.LAMBDA_EXPR}), None)
        if value is None or function is None or function.kind in (CursorKind.LAMBDA_EXPR, CursorKind.FUNCTION_TEMPLATE):
            return
        result = function.result_type.get_canonical()
        code = self._code(value)
        if result.kind == TypeKind.BOOL:
            after = f"return !({code});"
        elif result.kind in NUMBERS:
            after = f"return ({code}) + 1;"
        elif result.kind in (TypeKind.RECORD, TypeKind.ENUM) and code not in ("{}", "std::nullopt"):
            after = "return {};"
        else:
            return
        self._statement("return", cursor, after, "{ if (ON) { NEW } OLD }", parents)
