/// The release of Slipway itself. No build time and no commit: they would change a bundle that is otherwise the same.
public enum Release {
    public static let version = "0.1.0"
}
