"""LibCST trees and positions. Knows nothing about frameworks."""
