package import BundleFormat

extension JSONCursor {
    /// The elements of an optional list; none when it is absent.
    package func items<Item>(
        _ key: String, _ decode: (JSONCursor) throws(FormatError) -> Item
    ) throws(FormatError) -> [Item] {
        guard let list = try optional(key) else { return [] }
        return try list.list(limit: 10_000, decode)
    }
}
