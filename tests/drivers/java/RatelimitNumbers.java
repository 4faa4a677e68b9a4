import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Limits and costs through pgjdbc. Called by test_ratelimit_numbers.py; prints "ok", or throws. */
class RatelimitNumbers {
    interface Setter {
        void set(PreparedStatement statement, int index, int value) throws SQLException;
    }

    static long remaining(Connection connection, String key, Setter setter) throws SQLException {
        String sql = "SELECT remaining FROM ratelimit_hit(?, ?, '1 day', ?)";
        long left = -1;
        // pgjdbc prepares on the server from the fifth time on.
        for (int time = 0; time < 8; time++) {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setString(1, key);
                setter.set(statement, 2, 100);
                setter.set(statement, 3, 2);
                try (ResultSet result = statement.executeQuery()) {
                    result.next();
                    left = result.getLong(1);
                }
            }
        }
        return left;
    }

    static void check(long got, long wanted) {
        if (got != wanted) {
            throw new IllegalStateException(got + " instead of " + wanted);
        }
    }

    public static void main(String[] arguments) throws SQLException {
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
            check(remaining(connection, "short", (s, i, value) -> s.setShort(i, (short) value)), 84);
            check(remaining(connection, "int", PreparedStatement::setInt), 84);
            check(remaining(connection, "long", (s, i, value) -> s.setLong(i, value)), 84);
            check(remaining(connection, "object", (s, i, value) -> s.setObject(i, value)), 84);
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT \"limit\" FROM ratelimit_hit('largest', ?, '1 day')")) {
                statement.setLong(1, Long.MAX_VALUE);
                try (ResultSet result = statement.executeQuery()) {
                    result.next();
                    check(result.getLong(1), Long.MAX_VALUE);
                }
            }
        }
        System.out.println("ok");
    }
}
