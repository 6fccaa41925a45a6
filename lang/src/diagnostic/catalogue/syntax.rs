//! `E01xx`: what the lexer and the parser report.

pages! {}
